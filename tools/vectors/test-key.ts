// The key pair of the test vectors. It is public, in docs/vectors/private-key.json, and signs nothing else.
import { createHmac, createPrivateKey, createPublicKey, type JsonWebKey, sign } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';

export const VECTORS = fileURLToPath(new URL('../../docs/vectors/', import.meta.url));

export const KID = 'stepgate-test-vectors';

/** The signature of a JWS: `R || S` for ES256 (RFC 7518 section 3.4), or what an attacker writes instead. */
export type Signer = (signingInput: string) => Buffer;

const { jwk } = JSON.parse(readFileSync(`${VECTORS}private-key.json`, 'utf8')) as { jwk: JsonWebKey };
const privateKey = createPrivateKey({ key: jwk, format: 'jwk' });
const publicKey = createPublicKey(privateKey);

export const PUBLIC_JWK = { ...publicKey.export({ format: 'jwk' }), kid: KID, alg: 'ES256', use: 'sig' };

export const es256: Signer = (input) =>
  sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'ieee-p1363' });

/** The right key, with the signature in the form of X.509. */
export const es256InDer: Signer = (input) =>
  sign('sha256', Buffer.from(input), { key: privateKey, dsaEncoding: 'der' });

/** The public key, used as a shared secret. */
export const hmacOfPublicKey: Signer = (input) =>
  createHmac('sha256', publicKey.export({ format: 'pem', type: 'spki' }))
    .update(input)
    .digest();

export const unsigned: Signer = () => Buffer.alloc(0);

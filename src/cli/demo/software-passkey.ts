// The keys of the software authenticator: a new passkey, its public key in COSE (RFC 9053 section 7), and its signatures.
import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { PublicKeyCredentialCreationOptionsJSON } from '@simplewebauthn/server';
import { isoCBOR } from '@simplewebauthn/server/helpers';
import { randomToken } from '../../platform/random.ts';

/** COSE algorithms (RFC 9053): ECDSA with P-256, and EdDSA with Ed25519. */
export type Algorithm = -7 | -8;
export const ES256 = -7;
const EDDSA = -8;

/** A credential, with its private key. */
export interface SoftwarePasskey {
  /** Base64url. */
  readonly id: string;
  readonly algorithm: Algorithm;
  readonly privateKey: KeyObject;
  /** In COSE, as in the authenticator data. */
  readonly publicKey: Uint8Array;
  /** In SubjectPublicKeyInfo, base64url. */
  readonly spki: string;
  readonly rpId: string;
  /** Base64url. */
  readonly userHandle: string;
  counter: number;
}

export function newPasskey(algorithm: Algorithm, rpId: string, userHandle: string): SoftwarePasskey {
  const { privateKey, publicKey } =
    algorithm === ES256 ? generateKeyPairSync('ec', { namedCurve: 'P-256' }) : generateKeyPairSync('ed25519');
  const { x = '', y = '' } = publicKey.export({ format: 'jwk' });
  return {
    id: randomToken(),
    algorithm,
    privateKey,
    publicKey: isoCBOR.encode(coseKey(algorithm, bytes(x), bytes(y))),
    spki: publicKey.export({ type: 'spki', format: 'der' }).toString('base64url'),
    rpId,
    userHandle,
    counter: 0,
  };
}

/** A public key: kty, alg, crv, x, y. */
function coseKey(algorithm: Algorithm, x: Uint8Array, y: Uint8Array): Map<number, number | Uint8Array> {
  const isEcdsa = algorithm === ES256;
  const key = new Map<number, number | Uint8Array>([[1, isEcdsa ? 2 : 1]]);
  key.set(3, algorithm);
  key.set(-1, isEcdsa ? 1 : 6);
  key.set(-2, x);
  return isEcdsa ? key.set(-3, y) : key;
}

/** The first that the options list and this authenticator knows. */
export function algorithmFor({ pubKeyCredParams }: PublicKeyCredentialCreationOptionsJSON): Algorithm {
  const algorithm = pubKeyCredParams.map(({ alg }) => alg).find((alg) => alg === ES256 || alg === EDDSA);
  if (algorithm === undefined) throw new Error('NotSupportedError: None of the algorithms is supported.');
  return algorithm;
}

export function signedBy(key: KeyObject, data: Buffer): Buffer {
  return sign(key.asymmetricKeyType === 'ed25519' ? null : 'sha256', data, key);
}

function bytes(base64: string): Uint8Array {
  return new Uint8Array(Buffer.from(base64, 'base64url'));
}

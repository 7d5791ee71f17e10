// One HMAC (RFC 2104) of the password with a key that the whole system shares. It is as fast as a plain digest, so the
// same restriction applies. The canonical text is ours: `$hmac$a=sha256,k=key$$hash`, with the key in base64.
import { createHmac, timingSafeEqual } from 'node:crypto';
import { base64WithoutPadding, bytesOfBase64 } from './bytes.ts';
import { checkDigest, type PasswordEncoding, readPasswordEncoding } from './digest.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

const LONGEST_KEY = 256;

interface Hmac {
  readonly algorithm: string;
  readonly key: Buffer;
  readonly encoding?: PasswordEncoding;
  readonly hash: Buffer;
}

/** The canonical text. */
export function hmacText({ algorithm, key, encoding = 'utf8', hash }: Hmac): string {
  const parameters = {
    a: algorithm,
    k: base64WithoutPadding(key),
    ...(encoding === 'utf8' ? {} : { e: encoding }),
  };
  return phcString('hmac', parameters, { salt: Buffer.alloc(0), hash });
}

export function hmacHash(text: string): LegacyHash | null {
  if (phcId(text) !== 'hmac') return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['a', 'k'], optional: ['e'] });
  const algorithm = parameters.get('a') ?? '';
  const key = bytesOfBase64(parameters.get('k') ?? '');
  const encoding = readPasswordEncoding(parameters.get('e'));
  checkDigest(algorithm, hash);
  if (key === null || key.length === 0 || key.length > LONGEST_KEY) {
    throw new LegacyHashError(`The key of an HMAC must be base64 of 1 to ${LONGEST_KEY} bytes.`);
  }
  if (salt.length > 0) throw new LegacyHashError('An HMAC hash must have a key and no salt.');
  return {
    scheme: `hmac-${algorithm}`,
    text: hmacText({ algorithm, key, encoding, hash }),
    isFast: true,
    verify: (password) =>
      timingSafeEqual(createHmac(algorithm, key).update(password, encoding).digest(), hash),
  };
}

// FusionAuth's `password`, `salt`, `factor` and `encryptionScheme` (fusionauth.io/docs/reference/password-hashes). Hash
// and salt are base64. Its phpass, which uses a different base64, and plug-ins are not supported.
import { bytesOfBase64 } from './bytes.ts';
import { digestText } from './digest.ts';
import { hmacText } from './hmac.ts';
import { phcString } from './phc-string.ts';
import { LegacyHashError } from './scheme.ts';

export interface FusionAuthPassword {
  readonly password: string;
  readonly salt: string;
  readonly factor: number;
  readonly encryptionScheme: string;
}

interface Parts {
  readonly salt: Buffer;
  readonly hash: Buffer;
  readonly factor: number;
}

const SCHEMES: Readonly<Record<string, (parts: Parts) => string>> = {
  'salted-md5': iterated('md5'),
  'salted-sha256': iterated('sha256'),
  'salted-hmac-sha256': ({ salt, hash }) => hmacText({ algorithm: 'sha256', key: salt, hash }),
  'salted-pbkdf2-hmac-sha256': pbkdf2('sha256'),
  'salted-pbkdf2-hmac-sha256-512': pbkdf2('sha256'),
  'salted-pbkdf2-hmac-sha512-512': pbkdf2('sha512'),
};

/** The canonical text, or a text whose scheme is detected later. @throws {LegacyHashRefused} */
export function fusionAuthHash({ password, salt, factor, encryptionScheme }: FusionAuthPassword): string {
  // 22 characters of salt and 31 of hash, in bcrypt's own base64.
  if (encryptionScheme === 'bcrypt') return `$2a$${String(factor).padStart(2, '0')}$${salt}${password}`;
  const make = Object.hasOwn(SCHEMES, encryptionScheme) ? SCHEMES[encryptionScheme] : undefined;
  if (make === undefined) {
    throw new LegacyHashError(
      `FusionAuth's encryptionScheme must be bcrypt or one of ${Object.keys(SCHEMES).join(', ')}.`,
    );
  }
  const [saltBytes, hash] = [salt, password].map(bytesOfBase64);
  if (!saltBytes || !hash) {
    throw new LegacyHashError("FusionAuth's password and salt must be base64.", 'Copy both again, in full.');
  }
  return make({ salt: saltBytes, hash, factor });
}

function iterated(algorithm: string): (parts: Parts) => string {
  return ({ salt, hash, factor }) =>
    digestText({ algorithm, salt, position: 'suffix', rounds: factor, hash });
}

function pbkdf2(digest: string): (parts: Parts) => string {
  return ({ salt, hash, factor }) => phcString(`pbkdf2-${digest}`, { i: factor }, { salt, hash });
}

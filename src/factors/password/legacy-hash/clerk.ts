// Clerk's `password_digest` with its `password_hasher` (clerk.com/docs, `createUser()`). Some digests look alike, and
// only the hasher tells how they were made. Where Clerk does not document whether the salt comes before or after the
// password, both are tried.
import { bytesOfBase64, bytesOfHex } from './bytes.ts';
import { digestLength, digestText } from './digest.ts';
import { ldapText } from './ldap.ts';
import { phcString } from './phc-string.ts';
import { LegacyHashError } from './scheme.ts';
import { readLegacyHash } from './schemes.ts';

/** Null when the digest does not match the hasher. */
type Hasher = (digest: string) => string | null;

/** Detects the scheme from the digest itself, and checks that it matches the hasher. */
const byLook =
  (...schemes: readonly string[]): Hasher =>
  (digest) =>
    schemes.includes(readLegacyHash(digest).scheme) ? digest : null;

const HASHERS: Readonly<Record<string, Hasher>> = {
  argon2i: byLook('argon2i'),
  argon2id: byLook('argon2id'),
  bcrypt: byLook('bcrypt'),
  bcrypt_peppered: byLook('bcrypt-peppered'),
  bcrypt_sha256_django: byLook('bcrypt-sha256'),
  ldap_ssha: ldapText,
  md5: byLook('md5'),
  md5_salted: salted('md5'),
  pbkdf2_sha1: pbkdf2(/^pbkdf2_sha1\$/, 'sha1', (salt) => bytesOfHex(salt) ?? Buffer.from(salt), bytesOfHex),
  pbkdf2_sha256: pbkdf2(/^pbkdf2_sha256\$/, 'sha256', bytesOfBase64, bytesOfBase64),
  pbkdf2_sha256_django: pbkdf2(/^pbkdf2_sha256\$/, 'sha256', Buffer.from, bytesOfBase64),
  pbkdf2_sha512: pbkdf2(/^pbkdf2_sha512\$/, 'sha512', Buffer.from, bytesOfHex),
  pbkdf2_sha512_hex: pbkdf2(/^pbkdf2_sha512_hex\$/, 'sha512', bytesOfHex, bytesOfHex),
  phpass: byLook('phpass'),
  scrypt_firebase: byLook('firebase-scrypt'),
  scrypt_werkzeug: byLook('scrypt'),
  sha256: byLook('sha256'),
  sha256_salted: salted('sha256'),
  sha512_symfony: byLook('symfony-sha512'),
};

/** The hash is still in Amazon Cognito. Clerk would have fetched it at the next sign-in. */
export const COGNITO = 'awscognito';

/** The canonical text, or a text whose scheme is detected later. @throws {LegacyHashRefused} */
export function clerkHash(digest: string, hasher: string): string {
  const read = Object.hasOwn(HASHERS, hasher) ? HASHERS[hasher] : undefined;
  if (read === undefined) {
    throw new LegacyHashError(
      `The password_hasher must be one of ${Object.keys(HASHERS).join(', ')} or ${COGNITO}.`,
    );
  }
  const text = read(digest);
  if (text !== null) return text;
  throw new LegacyHashError(
    'The password_digest does not match its password_hasher.',
    'Copy the whole hash again.',
  );
}

function salted(algorithm: string): Hasher {
  return (digest) => {
    const end = digest.lastIndexOf('$');
    const hash = bytesOfHex(digest.slice(end + 1));
    if (end < 1 || hash?.length !== digestLength(algorithm)) return null;
    return digestText({ algorithm, salt: Buffer.from(digest.slice(0, end)), position: 'either', hash });
  };
}

function pbkdf2(
  name: RegExp,
  digestName: string,
  saltOf: (text: string) => Buffer | null,
  hashOf: (text: string) => Buffer | null,
): Hasher {
  return (digest) => {
    // An optional last part is the length of the key, which must be the length of the hash.
    const form = /^[^$]+\$(?<rounds>\d+)\$(?<salt>[^$]+)\$(?<hash>[^$]+)(?:\$(?<length>\d+))?$/;
    const { rounds = '', salt = '', hash = '', length } = form.exec(digest)?.groups ?? {};
    const parts = { salt: saltOf(salt), hash: hashOf(hash) };
    if (!name.test(digest) || parts.salt === null || parts.hash === null) return null;
    if (length !== undefined && Number(length) !== parts.hash.length) return null;
    return phcString(`pbkdf2-${digestName}`, { i: rounds }, { salt: parts.salt, hash: parts.hash });
  };
}

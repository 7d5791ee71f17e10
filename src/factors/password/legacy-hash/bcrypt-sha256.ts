// bcrypt of a digest of the password, so that bytes after the first 72 count too:
// - Django's `bcrypt_sha256$$2b$12$…`: of SHA-256 in hex;
// - Passlib's `$bcrypt-sha256$v=2,t=2b,r=12$salt$hash`: of HMAC-SHA-256 in base64, with the text of the salt as the key;
//   in version 1, `$bcrypt-sha256$2b,12$salt$hash`: of SHA-256 in base64.
import { createHash, createHmac } from 'node:crypto';
import bcrypt from 'bcrypt';
import { canonicalBcrypt } from './bcrypt.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

const DJANGO = /^bcrypt_sha256\$(?<hash>\$2.*)$/;
const PASSLIB =
  /^\$bcrypt-sha256\$(?<version>v=2,t=)?2[ab],(?:r=)?(?<cost>[1-9]\d?)\$(?<salt>[./A-Za-z0-9]{22})\$(?<hash>[./A-Za-z0-9]{31})$/;

export function bcryptSha256Hash(text: string): LegacyHash | null {
  const django = DJANGO.exec(text)?.groups?.['hash'];
  if (django !== undefined) {
    const hash = canonicalBcrypt(django);
    return {
      scheme: 'bcrypt-sha256',
      text: `bcrypt_sha256$${hash}`,
      isFast: false,
      verify: (password) => bcrypt.compareSync(createHash('sha256').update(password).digest('hex'), hash),
    };
  }
  return text.startsWith('$bcrypt-sha256$') ? passlibHash(text) : null;
}

function passlibHash(text: string): LegacyHash {
  const { version, cost = '', salt = '', hash = '' } = PASSLIB.exec(text)?.groups ?? {};
  const isKeyed = version !== undefined;
  if (hash === '' || isKeyed !== text.includes(',r=')) {
    throw new LegacyHashError(
      'A Passlib bcrypt-sha256 hash must have the form $bcrypt-sha256$v=2,t=2b,r=12$salt$hash.',
      'Copy the whole hash again.',
    );
  }
  const inner = canonicalBcrypt(`$2b$${cost.padStart(2, '0')}$${salt}${hash}`);
  return {
    scheme: 'bcrypt-sha256',
    text: `$bcrypt-sha256$${isKeyed ? 'v=2,t=2b,r=' : '2b,'}${cost}$${salt}$${hash}`,
    isFast: false,
    verify: (password) => {
      const digest = isKeyed ? createHmac('sha256', salt) : createHash('sha256');
      return bcrypt.compareSync(digest.update(password).digest('base64'), inner);
    },
  };
}

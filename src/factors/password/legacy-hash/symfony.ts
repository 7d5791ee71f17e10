// Symfony's legacy MessageDigestPasswordEncoder with SHA-512, in Clerk's form: `sha512_symfony$5000$salt$hash`, with
// the hash in base64. The first round hashes `password{salt}`. Each further round hashes the digest followed by
// `password{salt}`.
import { createHash, timingSafeEqual } from 'node:crypto';
import { base64WithoutPadding, bytesOfBase64 } from './bytes.ts';
import { checkDigest } from './digest.ts';
import { parameter } from './parameter.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

const FORM = /^sha512_symfony\$(?<rounds>[^$]*)\$(?<salt>[^$]*)\$(?<hash>[^$]*)$/;
const MOST_ROUNDS = 500_000;
const FEWEST_ROUNDS = 1000;

export function symfonyHash(text: string): LegacyHash | null {
  if (!text.startsWith('sha512_symfony$')) return null;
  const { rounds: given, salt = '', hash: encoded = '' } = FORM.exec(text)?.groups ?? {};
  const rounds = parameter(given, { name: 'The rounds of a Symfony hash', least: 1, most: MOST_ROUNDS });
  const hash = bytesOfBase64(encoded);
  if (hash === null)
    throw new LegacyHashError('A Symfony hash must be base64.', 'Copy the whole hash again.');
  checkDigest('sha512', hash);
  return {
    scheme: 'symfony-sha512',
    text: `sha512_symfony$${rounds}$${salt}$${base64WithoutPadding(hash)}`,
    isFast: rounds < FEWEST_ROUNDS,
    verify: (password) => {
      const salted = Buffer.from(salt === '' ? password : `${password}{${salt}}`);
      let digest = createHash('sha512').update(salted).digest();
      for (let round = 1; round < rounds; round += 1) {
        digest = createHash('sha512').update(digest).update(salted).digest();
      }
      return timingSafeEqual(digest, hash);
    },
  };
}

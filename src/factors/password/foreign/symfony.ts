// Symfony's legacy MessageDigestPasswordEncoder with SHA-512, as Clerk takes it: `sha512_symfony$5000$salt$hash`, the hash in
// base64. The first round is of `password{salt}`, each further one of the digest and then the same again.
import { createHash, timingSafeEqual } from 'node:crypto';
import { base64WithoutPadding, bytesOfBase64 } from './bytes.ts';
import { checkDigest } from './digest.ts';
import { parameter } from './parameter.ts';
import { type ForeignHash, ForeignHashRefused } from './scheme.ts';

const FORM = /^sha512_symfony\$(?<rounds>[^$]*)\$(?<salt>[^$]*)\$(?<hash>[^$]*)$/;
const MOST_ROUNDS = 500_000;
const FEWEST_ROUNDS = 1000;

export function symfonyHash(text: string): ForeignHash | null {
  if (!text.startsWith('sha512_symfony$')) return null;
  const { rounds: given, salt = '', hash: encoded = '' } = FORM.exec(text)?.groups ?? {};
  const rounds = parameter(given, { name: 'The rounds of a hash by Symfony', least: 1, most: MOST_ROUNDS });
  const hash = bytesOfBase64(encoded);
  if (hash === null)
    throw new ForeignHashRefused('A hash by Symfony must be base64.', 'Copy it once more, whole.');
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

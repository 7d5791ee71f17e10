// PBKDF2 (RFC 8018 section 5.2) with HMAC. Its canonical text is `$pbkdf2-sha256$i=29000$salt$hash`; some systems write
// the length of the hash beside the rounds, as `l`.
import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { digestLength } from './digest.ts';
import { checkLengths } from './lengths.ts';
import { parameter } from './parameter.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type ForeignHash, ForeignHashRefused } from './scheme.ts';

const MOST_ROUNDS = 3_000_000;
/** RFC 8018 section 4.2: with fewer, it is no slower than a digest to whoever guesses. */
const FEWEST_ROUNDS = 1000;
/** Rounds times the blocks of the output: a hash longer than its digest takes them again for each further block. */
const MOST_WORK = 12_000_000;

export function pbkdf2Hash(text: string): ForeignHash | null {
  const id = phcId(text);
  const digest = /^pbkdf2-(?<digest>sha(?:1|224|256|384|512))$/.exec(id ?? '')?.groups?.['digest'];
  const blockLength = digestLength(digest);
  if (id === null || digest === undefined || blockLength === null) return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['i'], optional: ['l'] });
  const rounds = parameter(parameters.get('i'), {
    name: 'The rounds of a hash by PBKDF2',
    least: 1,
    most: MOST_ROUNDS,
  });
  checkLengths('PBKDF2', { salt, hash });
  if ((parameters.get('l') ?? String(hash.length)) !== String(hash.length)) {
    throw new ForeignHashRefused(
      'The length that a hash by PBKDF2 says it has (l) is not the one it has.',
      'Copy it once more, whole.',
    );
  }
  if (rounds * Math.ceil(hash.length / blockLength) > MOST_WORK) {
    throw new ForeignHashRefused(
      `The rounds of a hash by PBKDF2, times its blocks of ${blockLength} bytes, must be at most ${MOST_WORK}.`,
    );
  }
  return {
    scheme: id,
    text: phcString(id, { i: rounds }, { salt, hash }),
    isFast: rounds < FEWEST_ROUNDS,
    verify: (password) => timingSafeEqual(pbkdf2Sync(password, salt, rounds, hash.length, digest), hash),
  };
}

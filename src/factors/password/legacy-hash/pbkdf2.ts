// PBKDF2 (RFC 8018 section 5.2) with HMAC. The canonical text is `$pbkdf2-sha256$i=29000$salt$hash`. Some systems add
// the length of the hash as `l`.
import { pbkdf2Sync, timingSafeEqual } from 'node:crypto';
import { digestLength } from './digest.ts';
import { checkLengths } from './lengths.ts';
import { parameter } from './parameter.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

const MOST_ROUNDS = 3_000_000;
/** The minimum of RFC 8018 section 4.2. Fewer rounds do not slow an attacker down noticeably. */
const FEWEST_ROUNDS = 1000;
/** Rounds times blocks of output. A hash longer than its digest repeats the rounds for each further block. */
const MOST_WORK = 12_000_000;

export function pbkdf2Hash(text: string): LegacyHash | null {
  const id = phcId(text);
  const digest = /^pbkdf2-(?<digest>sha(?:1|224|256|384|512))$/.exec(id ?? '')?.groups?.['digest'];
  const blockLength = digestLength(digest);
  if (id === null || digest === undefined || blockLength === null) return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['i'], optional: ['l'] });
  const rounds = parameter(parameters.get('i'), {
    name: 'The rounds of a PBKDF2 hash',
    least: 1,
    most: MOST_ROUNDS,
  });
  checkLengths('PBKDF2', { salt, hash });
  if ((parameters.get('l') ?? String(hash.length)) !== String(hash.length)) {
    throw new LegacyHashError(
      'The length (l) of a PBKDF2 hash does not match the hash.',
      'Copy the whole hash again.',
    );
  }
  if (rounds * Math.ceil(hash.length / blockLength) > MOST_WORK) {
    throw new LegacyHashError(
      `The rounds of a PBKDF2 hash, times its blocks of ${blockLength} bytes, must be at most ${MOST_WORK}.`,
    );
  }
  return {
    scheme: id,
    text: phcString(id, { i: rounds }, { salt, hash }),
    isFast: rounds < FEWEST_ROUNDS,
    verify: (password) => timingSafeEqual(pbkdf2Sync(password, salt, rounds, hash.length, digest), hash),
  };
}

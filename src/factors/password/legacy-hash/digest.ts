// A plain digest, with or without a salt, of one or more rounds. An attacker with a stolen hash of one round can try
// billions of passwords a second, so such hashes are imported only if the operator allows it. Many systems have their
// own form. The canonical text is ours: `$digest$a=sha256,s=suffix,i=20000$salt$hash`, or `$digest$a=sha256$$hash`
// without a salt.
import { createHash, timingSafeEqual } from 'node:crypto';
import { LONGEST_SALT } from './lengths.ts';
import { parameter } from './parameter.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

const LENGTHS: ReadonlyMap<string, number> = new Map([
  ['md5', 16],
  ['sha1', 20],
  ['sha224', 28],
  ['sha256', 32],
  ['sha384', 48],
  ['sha512', 64],
]);

/** The length in bytes. Null when the digest is not supported. */
export function digestLength(algorithm: string | undefined): number | null {
  return LENGTHS.get(algorithm ?? '') ?? null;
}

/** Whether the salt comes before or after the password. `either` tries both, where it is not known. */
const POSITIONS = ['prefix', 'suffix', 'either'] as const;
type SaltPosition = (typeof POSITIONS)[number];

const MOST_ROUNDS = 1_000_000;
/** Fewer rounds do not slow an attacker down noticeably. The same limit as for PBKDF2. */
const FEWEST_ROUNDS = 1000;

/** The encoding of the password before hashing. */
export type PasswordEncoding = 'utf8' | 'utf16le';

interface Digest {
  readonly algorithm: string;
  readonly salt: Buffer;
  readonly position: SaltPosition;
  readonly encoding?: PasswordEncoding;
  /** The number of rounds. Each further round hashes the result of the previous one. */
  readonly rounds?: number;
  readonly hash: Buffer;
}

/** The canonical text. */
export function digestText({
  algorithm,
  salt,
  position,
  encoding = 'utf8',
  rounds = 1,
  hash,
}: Digest): string {
  const parameters = {
    a: algorithm,
    ...(salt.length === 0 ? {} : { s: position }),
    ...(encoding === 'utf8' ? {} : { e: encoding }),
    ...(rounds === 1 ? {} : { i: rounds }),
  };
  return phcString('digest', parameters, { salt, hash });
}

export function digestHash(text: string): LegacyHash | null {
  if (phcId(text) !== 'digest') return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['a'], optional: ['s', 'e', 'i'] });
  const algorithm = parameters.get('a') ?? '';
  const position = POSITIONS.find((one) => one === (parameters.get('s') ?? 'prefix'));
  const encoding = readPasswordEncoding(parameters.get('e'));
  const rounds = parameter(parameters.get('i') ?? '1', {
    name: 'The rounds of a digest',
    least: 1,
    most: MOST_ROUNDS,
  });
  if (position === undefined) {
    throw new LegacyHashError('The salt position (s) of a digest must be prefix, suffix or either.');
  }
  checkDigest(algorithm, hash);
  if (salt.length > LONGEST_SALT) {
    throw new LegacyHashError(`The salt of a digest must have at most ${LONGEST_SALT} bytes.`);
  }
  return {
    scheme: algorithm,
    text: digestText({ algorithm, salt, position, encoding, rounds, hash }),
    isFast: rounds < FEWEST_ROUNDS,
    verify: (password) => {
      const bytes = Buffer.from(password, encoding);
      const before = [salt, bytes];
      const after = [bytes, salt];
      const messages = { prefix: [before], suffix: [after], either: [before, after] }[position];
      return messages.some((message) => {
        let digest: Buffer = Buffer.concat(message);
        for (let round = 0; round < rounds; round += 1)
          digest = createHash(algorithm).update(digest).digest();
        return timingSafeEqual(digest, hash);
      });
    },
  };
}

/** @throws {LegacyHashRefused} */
export function checkDigest(algorithm: string, hash: Buffer): void {
  const length = digestLength(algorithm);
  if (length === null) {
    throw new LegacyHashError(`A digest must be one of ${[...LENGTHS.keys()].join(', ')}.`);
  }
  if (hash.length !== length) {
    throw new LegacyHashError(
      `A ${algorithm} digest must have ${length} bytes. This one is truncated or altered.`,
      'Copy the whole hash again.',
    );
  }
}

/** @throws {LegacyHashRefused} */
export function readPasswordEncoding(encoding: string | undefined): PasswordEncoding {
  if (encoding === undefined || encoding === 'utf8') return 'utf8';
  if (encoding === 'utf16le') return encoding;
  throw new LegacyHashError('The encoding of the password must be utf8 or utf16le.');
}

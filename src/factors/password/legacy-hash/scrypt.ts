// scrypt (RFC 7914). The canonical text is Passlib's: `$scrypt$ln=14,r=8,p=1$salt$hash`, where N is 2 to the power of
// `ln`. The identifier `scrypt-nfkc`, which is ours, means that the password is normalised first, as Better Auth does.
import { scryptSync, timingSafeEqual } from 'node:crypto';
import { checkLengths } from './lengths.ts';
import { parameter } from './parameter.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

/** 256 MiB. */
const MOST_MEMORY = 268_435_456;
const HIGHEST_LN = 21;
const HIGHEST_BLOCK_SIZE = 4096;
const MOST_LANES = 16;
/** N times r times p: four times OWASP's recommendation, about two seconds. */
const MOST_WORK = 4_194_304;

/** Named as in RFC 7914 section 2. */
interface ScryptParameters {
  readonly N: number;
  readonly r: number;
  readonly p: number;
}

export function scryptHash(text: string): LegacyHash | null {
  const id = phcId(text);
  if (id !== 'scrypt' && id !== 'scrypt-nfkc') return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['ln', 'r', 'p'] });
  const { ln, ...costs } = readScryptParameters(parameters);
  checkLengths('scrypt', { salt, hash });
  return {
    scheme: id,
    text: phcString(id, { ln, r: costs.r, p: costs.p }, { salt, hash }),
    isFast: false,
    verify: (password) => {
      const message = id === 'scrypt-nfkc' ? password.normalize('NFKC') : password;
      return timingSafeEqual(scrypt(message, salt, hash.length, costs), hash);
    },
  };
}

/** @throws {LegacyHashRefused} */
export function readScryptParameters(
  parameters: ReadonlyMap<string, string>,
): ScryptParameters & { readonly ln: number } {
  const ln = parameter(parameters.get('ln'), {
    name: 'The binary logarithm of the cost N of a scrypt hash',
    least: 1,
    most: HIGHEST_LN,
  });
  const r = parameter(parameters.get('r'), {
    name: 'The block size (r) of a scrypt hash',
    least: 1,
    most: HIGHEST_BLOCK_SIZE,
  });
  const p = parameter(parameters.get('p') ?? '1', {
    name: 'The parallelization (p) of a scrypt hash',
    least: 1,
    most: MOST_LANES,
  });
  const N = 2 ** ln;
  if (128 * N * r > MOST_MEMORY) {
    throw new LegacyHashError(
      `A scrypt hash must not use more than ${MOST_MEMORY} bytes of memory (128 times N times r).`,
    );
  }
  if (N * r * p > MOST_WORK) {
    throw new LegacyHashError(`The work of a scrypt hash (N times r times p) must be at most ${MOST_WORK}.`);
  }
  // RFC 7914 section 2: N must be less than 2^(128 * r / 8).
  if (ln >= 16 * r) {
    throw new LegacyHashError('The cost N of a scrypt hash is too high for its block size (r).');
  }
  return { ln, N, r, p };
}

/** For systems that store N itself. @throws {LegacyHashRefused} unless N is a power of two. */
export function scryptLn(N: string | undefined): number {
  const cost = parameter(N, { name: 'The cost N of a scrypt hash', least: 2, most: 2 ** HIGHEST_LN });
  const ln = Math.log2(cost);
  if (Number.isInteger(ln)) return ln;
  throw new LegacyHashError('The cost N of a scrypt hash must be a power of two.');
}

export function scrypt(
  password: string,
  salt: Buffer,
  length: number,
  { N, r, p }: ScryptParameters,
): Buffer {
  // The limit of OpenSSL includes its working memory.
  return scryptSync(password, salt, length, { N, r, p, maxmem: 128 * r * (N + p + 2) + 1024 });
}

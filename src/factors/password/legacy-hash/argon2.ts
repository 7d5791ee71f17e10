// Argon2 (RFC 9106), in the form of its reference implementation, which almost all others use:
// `$argon2id$v=19$m=65536,t=3,p=4$salt$hash`, with the memory in KiB.
import { argon2Sync, timingSafeEqual } from 'node:crypto';
import { checkLengths } from './lengths.ts';
import { parameter } from './parameter.ts';
import { phcId, phcString, readPhcString } from './phc-string.ts';
import { type LegacyHash, LegacyHashError } from './scheme.ts';

/** 256 MiB. */
const MOST_MEMORY = 262_144;
const MOST_PASSES = 16;
const MOST_LANES = 16;
/** KiB times passes: four passes over 256 MiB, about a second. */
const MOST_WORK = 1_048_576;
/** OpenSSL requires it. RFC 9106 section 3.1 does not. */
const SHORTEST_SALT = 8;

export function argon2Hash(text: string): LegacyHash | null {
  const algorithm = phcId(text);
  if (algorithm !== 'argon2id' && algorithm !== 'argon2i' && algorithm !== 'argon2d') return null;
  const { parameters, salt, hash } = readPhcString(text, { required: ['m', 't', 'p'], optional: ['v'] });
  if (parameters.get('v') !== '19') {
    throw new LegacyHashError('An Argon2 hash must have version 1.3 (v=19). Version 1.0 is not supported.');
  }
  const parallelism = parameter(parameters.get('p'), {
    name: 'The parallelism (p) of an Argon2 hash',
    least: 1,
    most: MOST_LANES,
  });
  const memory = parameter(parameters.get('m'), {
    name: 'The memory in KiB (m) of an Argon2 hash',
    least: 8 * parallelism,
    most: MOST_MEMORY,
  });
  const passes = parameter(parameters.get('t'), {
    name: 'The passes (t) of an Argon2 hash',
    least: 1,
    most: MOST_PASSES,
  });
  if (memory * passes > MOST_WORK) {
    throw new LegacyHashError(
      `The memory in KiB (m) of an Argon2 hash, times its passes (t), must be at most ${MOST_WORK}.`,
    );
  }
  checkLengths(algorithm, { salt, hash }, SHORTEST_SALT);
  return {
    scheme: algorithm,
    text: phcString(algorithm, { v: 19, m: memory, t: passes, p: parallelism }, { salt, hash }),
    isFast: false,
    verify: (password) => {
      const made = argon2Sync(algorithm, {
        message: password,
        nonce: salt,
        parallelism,
        tagLength: hash.length,
        memory,
        passes,
      });
      return timingSafeEqual(made, hash);
    },
  };
}

// The allowed lengths of the salt and the output of a hash. A short output was truncated and would match too many
// passwords. A long one would only cost time.
import { LegacyHashError } from './scheme.ts';

/** For every scheme, in bytes like the other limits. */
export const LONGEST_SALT = 128;
const SHORTEST_HASH = 16;
const LONGEST_HASH = 128;

/** For schemes that are slow by design. @param scheme its name in the message. @throws {LegacyHashRefused} */
export function checkLengths(
  scheme: string,
  { salt, hash }: { salt: Buffer; hash: Buffer },
  shortestSalt = 1,
): void {
  if (salt.length < shortestSalt || salt.length > LONGEST_SALT) {
    throw new LegacyHashError(
      `The salt of a hash by ${scheme} must have ${shortestSalt} to ${LONGEST_SALT} bytes.`,
    );
  }
  if (hash.length < SHORTEST_HASH || hash.length > LONGEST_HASH) {
    throw new LegacyHashError(
      `The output of ${scheme} must have ${SHORTEST_HASH} to ${LONGEST_HASH} bytes. This one is truncated or altered.`,
    );
  }
}

// How long the salt and the output of a hash may be. A short output is one that was cut off, and too many
// passwords match it; a long one is work that nobody asked for.
import { ForeignHashRefused } from './scheme.ts';

/** Of every scheme. In bytes, like the others. */
export const LONGEST_SALT = 128;
const SHORTEST_HASH = 16;
const LONGEST_HASH = 128;

/** Of a scheme that is slow on purpose. @param scheme as the message calls it. @throws {ForeignHashRefused} */
export function checkLengths(
  scheme: string,
  { salt, hash }: { salt: Buffer; hash: Buffer },
  shortestSalt = 1,
): void {
  if (salt.length < shortestSalt || salt.length > LONGEST_SALT) {
    throw new ForeignHashRefused(
      `The salt of a hash by ${scheme} must have from ${shortestSalt} to ${LONGEST_SALT} bytes.`,
    );
  }
  if (hash.length < SHORTEST_HASH || hash.length > LONGEST_HASH) {
    throw new ForeignHashRefused(
      `The output of ${scheme} must have from ${SHORTEST_HASH} to ${LONGEST_HASH} bytes: this one is cut off or altered.`,
    );
  }
}

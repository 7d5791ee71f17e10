// All random values that security depends on, from the operating system's generator. Libraries, for example for
// password salts, and the supervisor of the embedded PostgreSQL, which is a separate program, generate their own.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** An unguessable bearer token: 256 bits in base64url. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/** A uniformly distributed code of six decimal digits, the minimum in SP 800-63B section 3.1.3.2. */
export function randomSixDigits(): string {
  return randomInt(0, 1_000_000).toString().padStart(6, '0');
}

/** A number from 10 to 99, which people compare or type. It is no secret. */
export function randomTwoDigits(): string {
  return randomInt(10, 100).toString();
}

export function randomId(): string {
  return randomUUID();
}

export { randomBytes };

// The random values that the product relies on, all from the operating system's generator. Libraries draw their own (the salts
// of password hashes), and so does the supervisor of the embedded PostgreSQL, which is a program of its own.
import { randomBytes, randomInt, randomUUID } from 'node:crypto';

/** A bearer value that nobody can guess: 256 bits, base64url. */
export function randomToken(): string {
  return randomBytes(32).toString('base64url');
}

/** A code of six decimal digits, each value equally likely; 800-63B section 3.1.3.2 asks for six or more. */
export function randomSixDigits(): string {
  return randomInt(0, 1_000_000).toString().padStart(6, '0');
}

export function randomId(): string {
  return randomUUID();
}

export { randomBytes };

// Hashes a password that is imported in plain text, from a system that stores it that way. It uses scrypt with the
// parameters of Django and Werkzeug. Like other imported hashes, it becomes one of ours at the user's next sign-in.
import { randomBytes } from '../../../platform/random.ts';
import { phcString } from './phc-string.ts';
import { scrypt } from './scrypt.ts';

const COSTS = { ln: 14, r: 8, p: 1 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;

/** The canonical text. Takes tens of milliseconds. */
export function hashOfPlainText(password: string): string {
  const salt = randomBytes(SALT_BYTES);
  const hash = scrypt(password, salt, HASH_BYTES, { N: 2 ** COSTS.ln, ...COSTS });
  return phcString('scrypt', COSTS, { salt, hash });
}

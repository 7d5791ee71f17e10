// A password that comes in plain text, from a system whose files have it so. It is hashed at once, by scrypt with the
// parameters that Django and Werkzeug use, and becomes a hash of ours at its user's next sign-in, like any other.
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

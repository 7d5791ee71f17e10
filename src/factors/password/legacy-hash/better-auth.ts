// The `salt:key` of Better Auth (@better-auth/utils/password) and of Lucia before it: scrypt with N 16384, r 16 and p
// 1, of the password in NFKC. Salt and key are hex. The salt is used as that text, not as its bytes.
import { bytesOfHex } from './bytes.ts';
import { phcString } from './phc-string.ts';
import { LegacyHashError } from './scheme.ts';
import { scryptLn } from './scrypt.ts';

const FORM = /^(?<salt>[0-9a-f]{32}):(?<key>[0-9a-f]{128})$/;
const LN = scryptLn('16384');

/** The canonical text. Null when the text is not a hash of Better Auth. */
export function betterAuthText(text: string): string | null {
  const { salt, key } = FORM.exec(text)?.groups ?? {};
  const hash = bytesOfHex(key ?? '');
  if (salt === undefined || hash === null) return null;
  return phcString('scrypt-nfkc', { ln: LN, r: 16, p: 1 }, { salt: Buffer.from(salt), hash });
}

/** The canonical text. @throws {LegacyHashRefused} when the text is not a hash of Better Auth. */
export function betterAuthHash(text: string): string {
  const canonical = betterAuthText(text);
  if (canonical !== null) return canonical;
  throw new LegacyHashError(
    'A Better Auth hash must be a salt of 32 hexadecimal digits, a colon and a key of 128 digits, as in the column password.',
    'Copy the whole hash again.',
  );
}

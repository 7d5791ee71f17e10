// The value of a backup code: what of it counts when it is typed, stored or guessed.
import { keyedDigest } from '../../platform/digest.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { UNGUESSABLE_BITS } from '../../policy/lockout.ts';
import { readCode } from '../typed-code.ts';

/** Crockford's base 32, which has no I, L, O or U to misread. */
export const ALPHABET = '0123456789ABCDEFGHJKMNPQRSTVWXYZ';

/** The digest that is stored. */
export function backupCodeDigest(ring: KeyRing, userId: string, code: string): string {
  return keyedDigest(ring, 'backup-code', codeValue(userId, code));
}

/** The code with its user. Common misreadings and autocorrections are undone: O for 0, I or L for 1, any dash. */
export function codeValue(userId: string, code: string): string {
  return `${userId}:${symbolsOf(code)}`;
}

/** The normalised symbols of a code. */
function symbolsOf(code: string): string {
  return readCode(code).toUpperCase().replaceAll('O', '0').replaceAll(/[IL]/g, '1');
}

/** Whether an imported code has too few bits, assuming random symbols from the smallest alphabet that contains them. */
export function isGuessable(code: string): boolean {
  const symbols = symbolsOf(code);
  const alphabet = /^\d+$/.test(symbols) ? 10 : /^[\dA-F]+$/.test(symbols) ? 16 : ALPHABET.length;
  return symbols.length * Math.log2(alphabet) < UNGUESSABLE_BITS;
}

// A password hash that another system made, as it is stored until its user signs in: sealed, because it may be one
// that can be guessed back quickly.
import type { KeyRing } from '../../platform/key-ring.ts';
import { openSecret, sealSecret } from '../sealed-secret.ts';

const PREFIX = '$stepgate-foreign$';

export function isForeign(stored: string): boolean {
  return stored.startsWith(PREFIX);
}

/** @param text as `ForeignHash.text` has it. */
export function sealForeignHash(ring: KeyRing, authenticatorId: string, text: string): string {
  return `${PREFIX}${sealSecret(ring, authenticatorId, text)}`;
}

/** @throws {SealBrokenError} @throws {UnknownKeyError} */
export function openForeignHash(ring: KeyRing, authenticatorId: string, stored: string): string {
  return openSecret(ring, authenticatorId, stored.slice(PREFIX.length));
}

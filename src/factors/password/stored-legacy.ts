// The stored form of a hash from another system, until its user signs in. It is sealed, because it may be fast to
// guess.
import type { KeyRing } from '../../platform/key-ring.ts';
import { openSecret, sealSecret } from '../sealed-secret.ts';

const PREFIX = '$stepgate-foreign$';

export function isLegacy(stored: string): boolean {
  return stored.startsWith(PREFIX);
}

/** @param text the canonical text, `LegacyHash.text`. */
export function sealLegacyHash(ring: KeyRing, authenticatorId: string, text: string): string {
  return `${PREFIX}${sealSecret(ring, authenticatorId, text)}`;
}

/** @throws {SealBrokenError} @throws {UnknownKeyError} */
export function openLegacyHash(ring: KeyRing, authenticatorId: string, stored: string): string {
  return openSecret(ring, authenticatorId, stored.slice(PREFIX.length));
}

// Stores the secret of an authenticator so that it can be read again: sealed, and bound to its row.
import type { KeyRing } from '../platform/key-ring.ts';
import { open, seal } from '../platform/seal.ts';

export function sealSecret(ring: KeyRing, authenticatorId: string, secret: string): string {
  return seal(ring, placeOf(authenticatorId), secret);
}

/** @throws {SealBrokenError} @throws {UnknownKeyError} */
export function openSecret(ring: KeyRing, authenticatorId: string, sealed: string): string {
  return open(ring, placeOf(authenticatorId), sealed);
}

function placeOf(authenticatorId: string): string {
  return `authenticator:${authenticatorId}:secret`;
}

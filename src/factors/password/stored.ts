// The forms in which a password is stored: our own hash, which names its key, and one that another system made, which
// waits sealed for its user's next sign-in.
//
// `$stepgate-bcrypt$KEY-ID$2b$12$…`, and `$stepgate-foreign$` followed by a sealed text (seal.ts) that only opens in the
// row for which it was made.
import type { KeyRing } from '../../platform/key-ring.ts';
import { open, seal } from '../../platform/seal.ts';

const OWN_FORM = /^\$stepgate-bcrypt\$(?<keyId>[0-9a-f]{8})(?<hash>\$2b\$(?<cost>\d\d)\$[./\w]{53})$/;
const FOREIGN_PREFIX = '$stepgate-foreign$';

export interface OwnHash {
  readonly keyId: string;
  /** What bcrypt made. */
  readonly hash: string;
  readonly cost: number;
}

/** Null when the hash is not ours. */
export function readOwnHash(stored: string): OwnHash | null {
  const { keyId, hash, cost } = OWN_FORM.exec(stored)?.groups ?? {};
  return keyId === undefined || hash === undefined ? null : { keyId, hash, cost: Number(cost) };
}

/** @param text a foreign hash in its one form. */
export function sealForeignHash(ring: KeyRing, authenticatorId: string, text: string): string {
  return FOREIGN_PREFIX + seal(ring, placeOf(authenticatorId), text);
}

/** The foreign hash, or null when the stored one is not foreign. @throws {SealBrokenError} */
export function openForeignHash(ring: KeyRing, authenticatorId: string, stored: string): string | null {
  if (!stored.startsWith(FOREIGN_PREFIX)) return null;
  return open(ring, placeOf(authenticatorId), stored.slice(FOREIGN_PREFIX.length));
}

function placeOf(authenticatorId: string): string {
  return `authenticator:${authenticatorId}:secret`;
}

// Stores the secret of an authenticator so that it can be read again: sealed, and bound to its row.
import { sql as raw } from 'kysely';
import type { Rewrappable } from '../persistence/sealed-column.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { open, seal } from '../platform/seal.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

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

/** The secrets of a factor that stores them with `sealSecret`. @param name in the plural, as `stepgate keys` prints it. */
export function sealedSecrets(factor: FactorKind, name: string): Rewrappable {
  return {
    name,
    table: 'authenticator',
    column: 'secret',
    release: 'REWRAP',
    where: () => raw`factor = ${raw.lit(factor)}`,
    id: 'id',
    idType: 'uuid',
    reseal: (ring, id, stored) => sealSecret(ring, id, openSecret(ring, id, stored)),
  };
}

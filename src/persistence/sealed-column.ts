// What is stored under a key of SECRET_KEYS, as `stepgate keys` counts, reseals and discards it.
import type { RawBuilder } from 'kysely';
import type { KeyRing } from '../platform/key-ring.ts';
import type { AuditType } from './audit-type.ts';

/** How a value stops needing its key: we reseal it, its owner uses or replaces it, or it expires. */
export type Release = 'REWRAP' | 'OWNER' | 'EXPIRY';

export interface SealedColumn {
  /** In the plural, as printed. */
  readonly name: string;
  readonly table: string;
  readonly column: string;
  readonly release: Release;
  /** The rows that are still in use. */
  where(now: Date): RawBuilder<boolean>;
}

/** A value that can be opened, and therefore resealed. */
export interface Rewrappable extends SealedColumn {
  readonly release: 'REWRAP';
  readonly id: string;
  readonly idType: 'uuid' | 'text';
  /** @throws {SealBrokenError} @throws {UnknownKeyError} */
  reseal(ring: KeyRing, id: string, stored: string): string;
}

/** A hash. It needs its key until the owner uses it. Its table has a `user_id`. */
export interface HeldByOwner extends SealedColumn {
  readonly release: 'OWNER';
  /** What all of them wait for, for example `they are used or replaced`. */
  readonly waitFor: string;
  /** What each of them waits for, and what the operator can do instead. */
  readonly remedy: string;
  /** The audit event of a user whose values an operator discards. */
  readonly discardedAs: AuditType;
}

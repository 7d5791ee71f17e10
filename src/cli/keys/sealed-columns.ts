// Counts the values still in use that were sealed or hashed with a key in SECRET_KEYS, grouped by the key id in each
// value.
import { type RawBuilder, sql as raw } from 'kysely';
import { openLegacyHash, sealLegacyHash } from '../../factors/password/stored-legacy.ts';
import { openSecret, sealSecret } from '../../factors/sealed-secret.ts';
import type { Sql } from '../../persistence/orm.ts';
import { KEY_ID_PATTERN } from '../../platform/key-id.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { resealPrivateKey } from '../../sessions/signing-keys.ts';

/** How a value stops needing its key: we reseal it, its owner uses or replaces it, or it expires. */
export type Release = 'REWRAP' | 'OWNER' | 'EXPIRY';

interface SealedColumn {
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
  readonly id: string;
  readonly idType: 'uuid' | 'text';
  /** @throws {SealBrokenError} @throws {UnknownKeyError} */
  reseal(ring: KeyRing, id: string, stored: string): string;
}

const authenticators = { table: 'authenticator', column: 'secret' } as const;

export const REWRAPPABLE: readonly Rewrappable[] = [
  {
    ...authenticators,
    name: 'authenticator apps',
    release: 'REWRAP',
    where: () => raw`factor = 'TOTP'`,
    id: 'id',
    idType: 'uuid',
    reseal: (ring, id, stored) => sealSecret(ring, id, openSecret(ring, id, stored)),
  },
  {
    ...authenticators,
    name: 'password hashes of other systems',
    release: 'REWRAP',
    where: () => raw`factor = 'PASSWORD' and secret like '$stepgate-foreign$%'`,
    id: 'id',
    idType: 'uuid',
    reseal: (ring, id, stored) => sealLegacyHash(ring, id, openLegacyHash(ring, id, stored)),
  },
  {
    name: 'signing keys',
    table: 'signing_key',
    column: 'sealed_private_jwk',
    release: 'REWRAP',
    where: () => raw`true`,
    id: 'kid',
    idType: 'text',
    reseal: resealPrivateKey,
  },
];

const expiring = (
  name: string,
  table: string,
  column: string,
  open: RawBuilder<boolean> = raw`true`,
): SealedColumn => ({
  name,
  table,
  column,
  release: 'EXPIRY',
  where: (now) => raw`${open} and expires_at > ${now}`,
});

const SEALED_COLUMNS: readonly SealedColumn[] = [
  {
    ...authenticators,
    name: 'passwords',
    release: 'OWNER',
    where: () => raw`factor = 'PASSWORD' and secret like '$stepgate-bcrypt$%'`,
  },
  {
    name: 'backup codes',
    table: 'backup_code',
    column: 'digest',
    release: 'OWNER',
    where: () => raw`used_at is null`,
  },
  ...REWRAPPABLE,
  expiring('messages', 'outbox_message', 'sealed'),
  expiring('codes', 'challenge', 'code_digest', raw`consumed_at is null`),
  expiring('operations awaiting approval', 'workflow', 'operation'),
  expiring('approved operations', 'operation_grant', 'digest', raw`consumed_at is null`),
];

/** The number of values of one kind that need one key. */
export interface Count {
  readonly keyId: string;
  readonly name: string;
  readonly release: Release;
  readonly count: number;
  /** When the last one expires. */
  readonly until: Date | null;
}

/** Scans every table in full. */
export async function countByKey(sql: Sql, now: Date): Promise<readonly Count[]> {
  const counts: Count[] = [];
  for (const sealed of SEALED_COLUMNS) counts.push(...(await countsOf(sql, sealed, now)));
  return counts;
}

async function countsOf(sql: Sql, sealed: SealedColumn, now: Date): Promise<Count[]> {
  const { name, table, release } = sealed;
  const until = release === 'EXPIRY' ? raw`max(expires_at)` : raw`null::timestamptz`;
  const { rows } = await raw<{ key_id: string; count: number; latest_until: Date | null }>`
    select ${keyIdIn(sealed)} as key_id, count(*)::int as count, ${until} as latest_until
    from ${raw.table(table)}
    where ${sealed.where(now)} and ${keyIdIn(sealed)} is not null
    group by 1 order by 1`.execute(sql);
  return rows.map((row) => ({
    name,
    release,
    keyId: row.key_id,
    count: row.count,
    until: row.latest_until,
  }));
}

export function keyIdIn({ column }: Pick<SealedColumn, 'column'>): RawBuilder<string | null> {
  return raw`substring(${raw.ref(column)} from ${raw.lit(KEY_ID_PATTERN)})`;
}

// Counts the values still in use that were sealed or hashed with a key in SECRET_KEYS, grouped by the key id in each
// value.
import { type RawBuilder, sql as raw } from 'kysely';
import { resealPushKey } from '../../delivery/push-key.ts';
import { SEALED_APPROVALS } from '../../factors/approval-record.ts';
import { FACTORS, SECOND_FACTORS_FIRST } from '../../factors/registry.ts';
import type { Sql } from '../../persistence/orm.ts';
import type { HeldByOwner, Release, Rewrappable, SealedColumn } from '../../persistence/sealed-column.ts';
import { KEY_ID_PATTERN } from '../../platform/key-id.ts';
import { resealPrivateKey } from '../../sessions/signing-keys.ts';

/** Passwords and backup codes: hashes that only their owners can renew. */
export const HELD_BY_OWNERS: readonly HeldByOwner[] = columnsOf(FACTORS).filter(
  (column) => column.release === 'OWNER',
);

export const REWRAPPABLE: readonly Rewrappable[] = [
  ...columnsOf(SECOND_FACTORS_FIRST).filter((column) => column.release === 'REWRAP'),
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
  SEALED_APPROVALS,
  {
    name: 'push keys',
    table: 'push_key',
    column: 'sealed_private_key',
    release: 'REWRAP',
    where: () => raw`true`,
    id: 'id',
    idType: 'text',
    reseal: resealPushKey,
  },
];

/** @param name of a count that its owners release. */
export function heldByOwner(name: string): HeldByOwner {
  const column = HELD_BY_OWNERS.find((one) => one.name === name);
  if (column === undefined) throw new Error(`No owner holds ${name}.`);
  return column;
}

function columnsOf(factors: typeof FACTORS): readonly (Rewrappable | HeldByOwner)[] {
  return factors.flatMap(({ sealed }) => sealed ?? []);
}

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
  ...HELD_BY_OWNERS,
  ...REWRAPPABLE,
  expiring('messages', 'outbox_message', 'sealed'),
  expiring('codes', 'challenge', 'code_digest', raw`consumed_at is null`),
  expiring('requests to providers', 'challenge', 'secret', raw`secret is not null and consumed_at is null`),
  expiring('answers of providers', 'saml_response', 'sealed'),
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

// Erases the users whose deletion is due. It begins with everything by which a user could sign in, in one transaction that
// a cancellation of the deletion excludes. What can be a lot follows in small batches, so that locks are short, and a run that
// was interrupted is continued by the next one. The audit log keeps its events, without what says where a person has been.
import { type RawBuilder, sql as raw } from 'kysely';
import type { Outbox } from '../delivery/outbox.ts';
import { addAudit, BY_SYSTEM } from '../persistence/audit.ts';
import { isInBatch } from '../persistence/batch.ts';
import { eraseAuditOf } from '../persistence/erase-audit.ts';
import { jsonb } from '../persistence/jsonb.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { atomically } from '../persistence/transaction.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import { ERASURE_SETTLES_SECONDS } from '../policy/deletion.ts';
import { endEverything } from './end-everything.ts';
import { tellAllAddresses } from './tell-all-addresses.ts';

/** Rows per statement. */
const BATCH = 500;
/** Users per run, of those whose erasure has begun. */
const USERS = 100;

/** By these a user is found, or proves who they are. There are few of each. */
const WAYS_IN = ['email_address', 'phone_number', 'identity', 'authenticator', 'backup_code'] as const;

interface Parts {
  readonly em: EntityManager;
  readonly outbox: Outbox;
  readonly now: Date;
  /** Stops the run after the current batch. */
  readonly signal: AbortSignal;
}

interface Erasing {
  readonly id: string;
  readonly tenant_id: string;
  readonly erasing_at: Date | null;
}

/** @returns the number of users whose erasure began, and of those who are erased. */
export async function eraseUsers(parts: Parts): Promise<{ readonly begun: number; readonly erased: number }> {
  const { em, signal } = parts;
  let begun = 0;
  while (!signal.aborted && (await beginNext(parts))) begun += 1;
  let erased = 0;
  for (const user of await underWay(sqlOf(em))) {
    await eraseMany(sqlOf(em), user.id, signal);
    if (!signal.aborted && (await finish(parts, user))) erased += 1;
  }
  return { begun, erased };
}

/** @returns false if no user is due. */
function beginNext({ em, outbox, now }: Parts): Promise<boolean> {
  return atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    const user = await sql
      .selectFrom('user_account')
      .select(['id', 'tenant_id'])
      .where('deletion_due_at', '<=', now)
      .where('erasing_at', 'is', null)
      .orderBy('deletion_due_at')
      .limit(1)
      .forNoKeyUpdate()
      .skipLocked()
      .executeTakeFirst();
    if (user === undefined) return false;
    const { id: userId, tenant_id: tenantId } = user;
    const unitOfWork = new UnitOfWork();
    await tellAllAddresses(sql, outbox, unitOfWork, { userId, tenantId, now }, { name: 'account-deleted' });
    await sql
      .updateTable('user_account')
      .set({ erasing_at: now, name: null, external_id: null, roles: jsonb([]) })
      .where('tenant_id', '=', tenantId)
      .where('id', '=', userId)
      .execute();
    await forgetFailures(sql, userId);
    await endEverything(sql, userId, now);
    for (const table of WAYS_IN) await sql.deleteFrom(table).where('user_id', '=', userId).execute();
    await unitOfWork.commit(transaction);
    return true;
  });
}

/** Before the devices go, because it finds their counters by them. */
async function forgetFailures(sql: Sql, userId: string): Promise<void> {
  await sql
    .deleteFrom('lockout')
    .where(
      'subject',
      'in',
      raw<string>`(
        select ${`user:${userId}`}
        union all select 'device:' || id from known_device where user_id = ${userId}
      )`,
    )
    .execute();
}

function underWay(sql: Sql): Promise<Erasing[]> {
  return sql
    .selectFrom('user_account')
    .select(['id', 'tenant_id', 'erasing_at'])
    .where('deletion_due_at', 'is not', null)
    .where('erasing_at', 'is not', null)
    .orderBy('deletion_due_at')
    .limit(USERS)
    .execute();
}

async function eraseMany(sql: Sql, userId: string, signal: AbortSignal): Promise<void> {
  const sessions = raw`(select id from session where user_id = ${userId})`;
  const counters = raw`(select 'session:' || id from session where user_id = ${userId})`;
  const rows: readonly (readonly [table: string, column: string, values: RawBuilder<unknown>])[] = [
    ['workflow', 'user_id', raw`(${userId})`], // with their challenges
    ['refresh_token', 'session_id', sessions],
    ['lockout', 'subject', counters],
    ['session', 'user_id', raw`(${userId})`],
    ['known_device', 'user_id', raw`(${userId})`],
    // Again, for what a request has added that was under way.
    ...WAYS_IN.map((table) => [table, 'user_id', raw`(${userId})`] as const),
  ];
  for (const [table, column, values] of rows) {
    const by = raw.ref(column);
    const batch = { table, where: raw`${by} in ${values}`, by, most: BATCH };
    for (let deleted = BATCH; deleted === BATCH && !signal.aborted; ) {
      const result = await raw`delete from ${raw.table(table)} where ${isInBatch(batch)}`.execute(sql);
      deleted = Number(result.numAffectedRows);
    }
  }
  for (const id of [userId, ...(await mergedInto(sql, userId))]) await eraseAuditOf(sql, id, signal);
}

/** The ids that the user had before other accounts were merged into this one. Their events keep them. */
async function mergedInto(sql: Sql, userId: string): Promise<string[]> {
  const rows = await sql
    .selectFrom('user_merge')
    .select('merged_user_id')
    .where('into_user_id', '=', userId)
    .execute();
  return rows.map((row) => row.merged_user_id);
}

/** Once nothing that was under way can add anything. @returns whether the user is gone. */
async function finish(
  { em, now }: Parts,
  { id, tenant_id: tenantId, erasing_at }: Erasing,
): Promise<boolean> {
  if (erasing_at === null || addSeconds(erasing_at, ERASURE_SETTLES_SECONDS) > now) return false;
  const unitOfWork = new UnitOfWork();
  unitOfWork.requireWrite((sql) =>
    sql
      .deleteFrom('user_account')
      .where('tenant_id', '=', tenantId)
      .where('id', '=', id)
      .where('erasing_at', 'is not', null)
      .returning('id'),
  );
  addAudit(unitOfWork, { type: 'user.erased', tenantId, userId: id, sessionId: null }, BY_SYSTEM, now);
  await unitOfWork.commit(em);
  return true;
}

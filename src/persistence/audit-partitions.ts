// The monthly partitions of the audit log. They are created some months ahead, and dropped whole when every event in them
// has reached its age. Two partitions are no month, and their events are deleted one by one: the default one, to which
// an event goes if its month has no partition, so that none is refused; and the first one, with the events from before
// the log was divided.
import { sql as raw } from 'kysely';
import { addSeconds } from '../platform/clock.ts';
import { isInBatch } from './batch.ts';
import { isLockTimeout } from './failure.ts';
import { type EntityManager, type Sql, sqlOf } from './orm.ts';

/** Holds events of months that have no partition, which happens if this job did not run or a clock was wrong. */
const DEFAULT = 'audit_event_default';

/** More than one, so that the job may fail for weeks. */
const MONTHS_AHEAD = 3;
/** How long to wait for statements that use the log. New ones queue up behind us, so the next run tries again instead. */
const LOCK_MS = 100;
const LOCK = 'audit partitions';
/** Events per statement. */
const BATCH = 1000;

interface Partition {
  readonly name: string;
  /** Null for the first one, which has no beginning. */
  readonly starts_at: Date | null;
  readonly ends_at: Date;
}

export interface PartitionChanges {
  readonly created: readonly string[];
  readonly dropped: readonly string[];
  /** Events deleted one by one. */
  readonly deleted: number;
}

/**
 * @param auditSeconds the age of events. A month leaves when its last event has reached it.
 * @param signal stops the deletion of single events after the current batch.
 */
export async function keepAuditPartitions(
  em: EntityManager,
  now: Date,
  auditSeconds: number,
  signal: AbortSignal = new AbortController().signal,
): Promise<PartitionChanges> {
  const changes = { created: [] as string[], dropped: [] as string[], deleted: 0 };
  const sql = sqlOf(em);
  const partitions = await listPartitions(sql);
  const oldest = addSeconds(now, -auditSeconds);
  const first = partitions.filter((one) => one.starts_at === null && one.ends_at > oldest);
  for (const name of [DEFAULT, ...first.map((one) => one.name)]) {
    changes.deleted += await deleteOlder(sql, name, oldest, signal);
  }
  for (const month of missingMonths(partitions, now)) {
    if (await changed(em, (sql) => create(sql, month))) changes.created.push(nameOf(month));
  }
  for (const { name } of partitions.filter((one) => one.ends_at <= oldest)) {
    if (await changed(em, (sql) => drop(sql, name))) changes.dropped.push(name);
  }
  return changes;
}

async function deleteOlder(sql: Sql, table: string, oldest: Date, signal: AbortSignal): Promise<number> {
  const older = {
    table,
    where: raw`occurred_at < ${oldest}`,
    by: raw.ref('occurred_at'),
    most: BATCH,
  };
  let deleted = 0;
  while (!signal.aborted) {
    const statement = raw`delete from ${raw.table(table)} where ${isInBatch(older)}`;
    const last = Number((await statement.execute(sql)).numAffectedRows);
    deleted += last;
    if (last < BATCH) break;
  }
  return deleted;
}

async function listPartitions(sql: Sql): Promise<Partition[]> {
  const bound = raw`pg_get_expr(child.relpartbound, child.oid)`;
  const { rows } = await raw<Partition>`
    select child.relname as name,
      cast(substring(${bound} from 'FROM [(]''(.*?)''[)]') as timestamptz) as starts_at,
      cast(substring(${bound} from 'TO [(]''(.*?)''[)]') as timestamptz) as ends_at
    from pg_inherits join pg_class child on child.oid = inhrelid
    where inhparent = 'audit_event'::regclass and ${bound} <> 'DEFAULT'
  `.execute(sql);
  return rows;
}

/** This month and the next ones, without those that a partition covers. */
function missingMonths(partitions: readonly Partition[], now: Date): Date[] {
  return Array.from({ length: MONTHS_AHEAD + 1 }, (_, ahead) => monthOf(now, ahead)).filter(
    (month) =>
      !partitions.some(
        ({ starts_at: starts, ends_at: ends }) => (starts === null || starts <= month) && month < ends,
      ),
  );
}

/** Does it alone among all nodes. @returns false if it was not done, and the next run has to try again. */
async function changed(em: EntityManager, change: (sql: Sql) => Promise<boolean>): Promise<boolean> {
  try {
    return await em.fork().transactional(async (transaction) => {
      const sql = sqlOf(transaction);
      await raw`set local lock_timeout = ${raw.lit(LOCK_MS)}`.execute(sql);
      await raw`select pg_advisory_xact_lock(hashtextextended(${LOCK}, 0))`.execute(sql);
      return change(sql);
    });
  } catch (error) {
    if (isLockTimeout(error)) return false;
    throw error;
  }
}

/** A month of which the default partition has events stays there: they cannot be in two places. */
async function create(sql: Sql, month: Date): Promise<boolean> {
  const name = nameOf(month);
  const next = monthOf(month, 1);
  await raw`lock table ${raw.table(DEFAULT)} in access exclusive mode`.execute(sql);
  const { rows } = await raw<{ is_free: boolean }>`select to_regclass(${name}) is null and not exists (
    select from ${raw.table(DEFAULT)} where occurred_at >= ${month} and occurred_at < ${next}
  ) as is_free`.execute(sql);
  if (rows[0]?.is_free !== true) return false;
  // Attached rather than created as a partition, which would lock the whole log.
  await raw`create table ${raw.table(name)} (like audit_event including defaults)`.execute(sql);
  await raw`alter table audit_event attach partition ${raw.table(name)}
    for values from (${raw.lit(month.toISOString())}) to (${raw.lit(next.toISOString())})`.execute(sql);
  return true;
}

async function drop(sql: Sql, name: string): Promise<boolean> {
  await raw`drop table if exists ${raw.table(name)}`.execute(sql);
  return true;
}

function monthOf(time: Date, ahead: number): Date {
  return new Date(Date.UTC(time.getUTCFullYear(), time.getUTCMonth() + ahead));
}

/** For example `audit_event_2027_01`. */
function nameOf(month: Date): string {
  return `audit_event_${month.toISOString().slice(0, 7).replace('-', '_')}`;
}

// Deletes expired data: workflows past their deadline, unfinished sign-ups and enrollments, sessions that ended long ago,
// unused proofs for operations, sent and expired messages, counters of past windows, old failures and old audit events.
// Deletes in small batches, each committed separately, so that locks are short and a backlog is worked off gradually.
import { type RawBuilder, sql as raw } from 'kysely';
import { addSeconds } from '../platform/clock.ts';
import { FORGOTTEN_AFTER } from '../policy/lockout.ts';
import type { Sql } from './orm.ts';
import type { Table } from './unit-of-work.ts';

const DAY_SECONDS = 86_400;
/** Anyone can start workflows. An hour is enough to tell a client that its workflow has expired. */
const ENDED_WORKFLOW_SECONDS = 3600;
/** Ended sessions are kept this long for investigations. */
const ENDED_SESSION_SECONDS = 30 * DAY_SECONDS;
/** The maximum lifetime of a cookie in browsers. After this time without a sign-in, a device counts as new. */
const FORGOTTEN_DEVICE_SECONDS = 400 * DAY_SECONDS;

/** Rows per statement. */
const BATCH = 1000;
/** Smaller, because deleting a session deletes its refresh tokens, of which there may be thousands. */
const SESSION_BATCH = 100;

interface Outdated {
  readonly what: string;
  readonly table: Table;
  /** Must be covered by an index, so that no run scans the whole table. */
  readonly where: RawBuilder<unknown>;
  readonly batch?: number;
}

function outdated(now: Date, auditSeconds: number | null): readonly Outdated[] {
  const yesterday = addSeconds(now, -DAY_SECONDS);
  const longAgo = addSeconds(now, -ENDED_SESSION_SECONDS);
  const forgotten = addSeconds(now, -FORGOTTEN_DEVICE_SECONDS);
  const unproved = (proved: string) => raw`${raw.ref(proved)} is null and created_at < ${yesterday}`;
  const forgottenFailures = raw.join(
    FORGOTTEN_AFTER.map(
      ({ below, seconds }) => raw`failures < ${below} and updated_at < ${addSeconds(now, -seconds)}`,
    ),
    raw` or `,
  );
  const ended = raw`least(expires_at, revoked_at) < ${longAgo}`;
  return [
    {
      what: 'workflows',
      table: 'workflow',
      where: raw`expires_at < ${addSeconds(now, -ENDED_WORKFLOW_SECONDS)}`,
    },
    { what: 'signUps', table: 'user_account', where: unproved('activated_at') },
    { what: 'enrollments', table: 'authenticator', where: unproved('confirmed_at') },
    { what: 'devices', table: 'known_device', where: raw`last_seen_at < ${forgotten}` },
    { what: 'numbers', table: 'phone_number', where: unproved('verified_at') },
    { what: 'sessions', table: 'session', where: ended, batch: SESSION_BATCH },
    { what: 'grants', table: 'operation_grant', where: raw`expires_at < ${yesterday}` },
    { what: 'messages', table: 'outbox_message', where: raw`expires_at < ${yesterday}` },
    { what: 'rateLimits', table: 'rate_limit', where: raw`expire <= ${now.getTime()}` },
    { what: 'lockouts', table: 'lockout', where: raw`updated_at < ${yesterday} and (${forgottenFailures})` },
    ...(auditSeconds === null
      ? []
      : [
          {
            what: 'auditEvents',
            table: 'audit_event' as const,
            where: raw`occurred_at < ${addSeconds(now, -auditSeconds)}`,
          },
        ]),
  ];
}

/**
 * @param signal stops the run after the current batch.
 * @param auditSeconds how long audit events are kept; null keeps them forever.
 * @returns the number of deleted rows of each kind.
 */
export async function applyRetention(
  sql: Sql,
  now: Date,
  signal: AbortSignal = new AbortController().signal,
  auditSeconds: number | null = null,
): Promise<Readonly<Record<string, number>>> {
  const counts: Record<string, number> = {};
  for (const { what, table, where, batch = BATCH } of outdated(now, auditSeconds)) {
    let deleted = 0;
    while (!signal.aborted) {
      const last = await deleteSome(sql, table, where, batch);
      deleted += last;
      if (last < batch) break;
    }
    counts[what] = deleted;
  }
  return counts;
}

/** Skips locked rows. They are deleted in the next run. */
async function deleteSome(sql: Sql, name: Table, where: RawBuilder<unknown>, most: number): Promise<number> {
  const table = raw.table(name);
  const { numAffectedRows } = await raw`delete from ${table} where ctid = any(array(
    select ctid from ${table} where ${where} limit ${raw.lit(most)} for update skip locked
  ))`.execute(sql);
  return Number(numAffectedRows);
}

// The lockouts of users, devices, sessions and unknown identifiers: counted with each guess, taken back for a right one,
// and lifted by a new password or an administrator. How long a lock lasts is decided in policy/lockout.ts.
import { type Expression, sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import {
  FAILURES_BEFORE_CLOSED,
  FAILURES_BEFORE_LOCK,
  type LockoutCounter,
  lockSeconds,
} from '../policy/lockout.ts';

/** A subject, and the failure that was counted for it; null when the proof was not a guess. */
export interface Counted {
  readonly subject: string;
  readonly counted: { readonly counter: LockoutCounter; readonly failures: number } | null;
}

/** The lock that each consecutive failure brings, from the first on, as PostgreSQL reads it. */
const LOCK_SECONDS = Array.from({ length: FAILURES_BEFORE_CLOSED }, (_, at) => lockSeconds(at + 1) ?? 'null');

/** Counts a failure for each of these subjects that is not locked. @returns those that were counted. */
export function countFailure(
  sql: Pick<Sql, 'insertInto'>,
  subjects: Expression<{ subject: string; counter: LockoutCounter }>,
  now: Date,
) {
  return sql
    .insertInto('lockout')
    .columns(['subject', 'counter', 'failures', 'locked_until', 'updated_at'])
    .expression((it) =>
      it
        .selectFrom(raw<{ subject: string; counter: LockoutCounter }>`${subjects}`.as('guess'))
        .select([
          'guess.subject',
          'guess.counter',
          raw<number>`1`.as('failures'),
          raw<Date | null>`cast(null as timestamptz)`.as('locked_until'),
          raw<Date>`cast(${now} as timestamptz)`.as('updated_at'),
        ]),
    )
    .onConflict((conflict) =>
      conflict
        .columns(['subject', 'counter'])
        .doUpdateSet({
          failures: raw`lockout.failures + 1`,
          locked_until: raw`cast(${now} as timestamptz) + make_interval(secs => (${raw.lit(
            `{${LOCK_SECONDS.join()}}`,
          )}::float8[])[least(lockout.failures + 1, ${raw.lit(FAILURES_BEFORE_CLOSED)})])`,
          updated_at: now,
        })
        .where(raw<boolean>`lockout.locked_until is null or lockout.locked_until <= ${now}`),
    )
    .returning(['lockout.subject', 'lockout.failures']);
}

/**
 * Takes the failure of a claim back: its proof was right, or was never checked. A lock that it brought goes with it; one
 * that a later failure brought stays.
 */
export function takeBackFailure(sql: Sql, { subject, counted }: Counted) {
  return sql
    .updateTable('lockout')
    .set({
      failures: raw`greatest(failures - 1, 0)`,
      locked_until: raw`case
        when failures > greatest(${counted?.failures ?? 0}, ${raw.lit(FAILURES_BEFORE_LOCK)}) then locked_until
      end`,
    })
    .where('subject', '=', subject)
    .where('counter', '=', counted?.counter ?? null);
}

/** The account's owner has shown up: failures of both counters begin at zero again. */
export function forgetFailures(sql: Sql, subject: string) {
  return sql.updateTable('lockout').set({ failures: 0, locked_until: null }).where('subject', '=', subject);
}

/** Resets every failure counter of the user: their own, and those of their devices and sessions. */
export function liftLockouts(unitOfWork: UnitOfWork, userId: string): void {
  unitOfWork.write((sql) =>
    sql.deleteFrom('lockout').where(
      'subject',
      'in',
      raw<string>`(
        select ${`user:${userId}`}
        union all select 'device:' || id from known_device where user_id = ${userId}
        union all select 'session:' || id from session where user_id = ${userId}
      )`,
    ),
  );
}

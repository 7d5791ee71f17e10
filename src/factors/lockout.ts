// The lockouts of users, devices, sessions and unknown identifiers. Each guess counts as a failure, a correct one gives it
// back, and a new password or an administrator lifts the lockout. policy/lockout.ts decides how long a lock lasts.
import { type Expression, sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import { statement } from '../persistence/statement.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import {
  FAILURES_BEFORE_CLOSED,
  FAILURES_BEFORE_LOCK,
  type LockoutCounter,
  lockSeconds,
} from '../policy/lockout.ts';

/** A subject and the failure that was counted for it. Null if the proof was not a guess. */
export interface Counted {
  readonly subject: string;
  readonly counted: { readonly counter: LockoutCounter; readonly failures: number } | null;
}

/** How long the lock after each consecutive failure lasts, starting with the first, as elements of a PostgreSQL array. */
const LOCK_SECONDS = Array.from({ length: FAILURES_BEFORE_CLOSED }, (_, at) => lockSeconds(at + 1) ?? 'null');

/** Counts a failure for each of these subjects that is not locked. The query returns the counted ones. */
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

/** A subject's failures on one counter when a proof was claimed. */
interface Failures {
  readonly subject: string;
  readonly counter: LockoutCounter | null;
  readonly failures: number;
}

export function failuresOf({ subject, counted }: Counted): Failures {
  return { subject, counter: counted?.counter ?? null, failures: counted?.failures ?? 0 };
}

/**
 * Takes back a failure whose proof was correct or was not checked. The lock that it caused is lifted as well, but not one
 * that a later failure caused.
 */
export function takingBack(sql: Pick<Sql, 'updateTable'>, { subject, counter, failures }: Failures) {
  return sql
    .updateTable('lockout')
    .set({
      failures: raw`greatest(failures - 1, 0)`,
      locked_until: raw`case
        when failures > greatest(${failures}::int, ${raw.lit(FAILURES_BEFORE_LOCK)}) then locked_until
      end`,
    })
    .where('subject', '=', subject)
    .where('counter', '=', counter);
}

export const TAKE_BACK_FAILURE = statement(takingBack);

/** Resets both failure counters of a subject, after its user has completed a workflow. */
export const FORGET_FAILURES = statement((sql, { subject }: { readonly subject: string }) =>
  sql.updateTable('lockout').set({ failures: 0, locked_until: null }).where('subject', '=', subject),
);

/** Resets every failure counter of the user: their own, and those of their devices and sessions. */
export function liftLockouts(unitOfWork: UnitOfWork, userId: string): void {
  unitOfWork.write((sql) => lockoutsOf(sql, userId));
}

/** @returns their deletion. */
export function lockoutsOf(sql: Sql, userId: string) {
  return sql.deleteFrom('lockout').where(
    'subject',
    'in',
    raw<string>`(
      select ${`user:${userId}`}
      union all select 'device:' || id from known_device where user_id = ${userId}
      union all select 'session:' || id from session where user_id = ${userId}
    )`,
  );
}

// Counts the requests that an account left unanswered and those that it rejected. The counters are rows of `rate_limit`,
// so they hold on every node and across restarts, and retention deletes them when their window is over.
import { sql as raw } from 'kysely';
import type { Sql } from '../../persistence/orm.ts';
import { addSeconds } from '../../platform/clock.ts';
import {
  isPausedAfter,
  MOST_UNANSWERED,
  PAUSE_SECONDS,
  REJECTIONS_SECONDS,
  UNANSWERED_SECONDS,
} from '../../policy/device-approval.ts';

interface User {
  readonly id: string;
  readonly tenantId: string;
}

type Counter = 'UNANSWERED' | 'REJECTED' | 'PAUSED';

function keyOf(counter: Counter, { id, tenantId }: User): string {
  return `APPROVALS_${counter}:${tenantId}:${id}`;
}

/** The seconds until this user may be asked again. Null if they may be asked now. */
export async function secondsUntilAsked(sql: Sql, user: User, now: Date): Promise<number | null> {
  const rows = await sql
    .selectFrom('rate_limit')
    .select(['key', 'points', 'expire'])
    .where('key', 'in', [keyOf('UNANSWERED', user), keyOf('PAUSED', user)])
    .where('expire', '>', now.getTime())
    .execute();
  const ends = rows
    .filter(({ key, points }) => key === keyOf('PAUSED', user) || points >= MOST_UNANSWERED)
    .map(({ expire }) => Math.ceil((Number(expire) - now.getTime()) / 1000));
  return ends.length === 0 ? null : Math.max(...ends);
}

/** Counts a request as unanswered. False when a parallel request was the last that was allowed. Call it in a transaction. */
export async function countUnanswered(sql: Sql, user: User, now: Date): Promise<boolean> {
  const paused = await pointsOf(sql, 'PAUSED', user, now);
  return paused === 0 && (await count(sql, 'UNANSWERED', user, UNANSWERED_SECONDS, now)) <= MOST_UNANSWERED;
}

/** Takes a request back that its user has answered. Call it in a transaction. */
export async function countAnswered(sql: Sql, user: User, now: Date): Promise<void> {
  await sql
    .updateTable('rate_limit')
    .set({ points: raw`greatest(points - 1, 0)` })
    .where('key', '=', keyOf('UNANSWERED', user))
    .where('expire', '>', now.getTime())
    .execute();
}

/** Counts a rejection, and pauses the factor after too many in a row. Call it in a transaction. */
export async function countRejection(sql: Sql, user: User, now: Date): Promise<void> {
  const rejections = await count(sql, 'REJECTED', user, REJECTIONS_SECONDS, now);
  if (!isPausedAfter(rejections)) return;
  const pause = { points: 1, expire: addSeconds(now, PAUSE_SECONDS).getTime() };
  await sql
    .insertInto('rate_limit')
    .values({ key: keyOf('PAUSED', user), ...pause })
    .onConflict((conflict) => conflict.column('key').doUpdateSet(pause))
    .execute();
}

/** Rejections before an approval are forgotten. Call it in a transaction. */
export async function forgetRejections(sql: Sql, user: User): Promise<void> {
  await sql.deleteFrom('rate_limit').where('key', '=', keyOf('REJECTED', user)).execute();
}

/** How many requests the user has rejected in a row. */
export function rejectionsOf(sql: Sql, user: User, now: Date): Promise<number> {
  return pointsOf(sql, 'REJECTED', user, now);
}

async function pointsOf(sql: Sql, counter: Counter, user: User, now: Date): Promise<number> {
  const row = await sql
    .selectFrom('rate_limit')
    .select('points')
    .where('key', '=', keyOf(counter, user))
    .where('expire', '>', now.getTime())
    .executeTakeFirst();
  return row?.points ?? 0;
}

/** @returns the points, this one included. The window starts with the first. */
async function count(sql: Sql, counter: Counter, user: User, seconds: number, now: Date): Promise<number> {
  const isOver = raw<boolean>`rate_limit.expire <= ${now.getTime()}`;
  const { points } = await sql
    .insertInto('rate_limit')
    .values({ key: keyOf(counter, user), points: 1, expire: addSeconds(now, seconds).getTime() })
    .onConflict((conflict) =>
      conflict.column('key').doUpdateSet({
        points: raw`case when ${isOver} then 1 else rate_limit.points + 1 end`,
        expire: raw`case when ${isOver} then excluded.expire else rate_limit.expire end`,
      }),
    )
    .returning('points')
    .executeTakeFirstOrThrow();
  return points;
}

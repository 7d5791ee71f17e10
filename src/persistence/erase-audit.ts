// Erases what the audit log says about a person. The events stay, with their ids: what happened, when, and to which account.
// Gone are the network address and the program of the person's client, and what the person approved. What an administrator
// did to the account names the client of the administrator, and stays until that person is erased.
import { type RawBuilder, sql as raw } from 'kysely';
import type { Sql } from './orm.ts';

/** Events per statement. */
const BATCH = 1000;

/** @param signal stops after the current batch. */
export async function eraseAuditOf(sql: Sql, userId: string, signal: AbortSignal): Promise<void> {
  const others = raw`'ADMINISTRATOR', 'OPERATOR'`;
  // Older events have no actor, so they may name anybody.
  await eraseWhere(
    sql,
    raw`user_id = ${userId} and (actor_kind is null or actor_kind not in (${others}))`,
    signal,
  );
  await eraseWhere(sql, raw`actor_user_id = ${userId} and actor_kind = 'ADMINISTRATOR'`, signal);
}

async function eraseWhere(sql: Sql, whose: RawBuilder<unknown>, signal: AbortSignal): Promise<void> {
  // As text, because a `Date` would lose the microseconds.
  for (let from: string | null = '-infinity'; from !== null && !signal.aborted; ) {
    const { rows }: { rows: { last: string | null }[] } = await raw<{ last: string | null }>`
      with batch as (
        select occurred_at, id from audit_event
        where ${whose} and occurred_at >= ${from}::timestamptz
          and (ip is not null or user_agent is not null or approval is not null)
        order by occurred_at limit ${raw.lit(BATCH)}
      ), erased as (
        update audit_event as event set ip = null, user_agent = null, approval = null
        from batch where event.occurred_at = batch.occurred_at and event.id = batch.id
        returning event.occurred_at
      )
      select max(occurred_at)::text as last from erased`.execute(sql);
    from = rows[0]?.last ?? null;
  }
}

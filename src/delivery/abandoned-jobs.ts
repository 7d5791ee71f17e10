// Jobs that the queue would leave as they are. Those whose worker died while it worked on them, because a process was
// killed or a database went away, would stay locked for four hours, longer than most messages live; those that have
// failed their last try would stay for ever.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';

/** No job of ours takes nearly as long. */
export const ABANDONED_SECONDS = 120;

/** They are done again by whoever is next. @returns how many there were. */
export async function freeAbandonedJobs(sql: Sql): Promise<number> {
  const { rows } = await raw<{ freed: string }>`
    select count(*) as freed, graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
    from graphile_worker.jobs
    where locked_at < now() - make_interval(secs => ${raw.lit(ABANDONED_SECONDS)})
    having count(*) > 0
  `.execute(sql);
  return Number(rows[0]?.freed ?? 0);
}

/** A day after its last try nobody asks for a job any more; what became of its message, the outbox tells. */
export async function forgetDeadJobs(sql: Sql): Promise<number> {
  const { rows } = await raw<{ id: string }>`
    select id from graphile_worker.complete_jobs(array(
      select id from graphile_worker.jobs
      where attempts >= max_attempts and locked_at is null and updated_at < now() - interval '1 day'
    ))
  `.execute(sql);
  return rows.length;
}

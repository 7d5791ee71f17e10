// Cleans up jobs that the queue does not. A job whose worker died, because its process was killed or the database went
// away, would stay locked for four hours, longer than most messages are valid. A job that failed its last try would stay
// forever.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';

/** Much longer than any job takes. */
export const ABANDONED_SECONDS = 120;

/** Unlocks abandoned jobs, so that another worker runs them. @returns the number of jobs. */
export async function freeAbandonedJobs(sql: Sql): Promise<number> {
  const { rows } = await raw<{ freed: string }>`
    select count(*) as freed, graphile_worker.force_unlock_workers(array_agg(distinct locked_by))
    from graphile_worker.jobs
    where locked_at < now() - make_interval(secs => ${raw.lit(ABANDONED_SECONDS)})
    having count(*) > 0
  `.execute(sql);
  return Number(rows[0]?.freed ?? 0);
}

/** Jobs per run. */
const BATCH = 1000;

/** Deletes jobs one day after their last try. The outbox keeps what happened to the message. @returns the number of jobs. */
export async function forgetDeadJobs(sql: Sql): Promise<number> {
  const { rows } = await raw<{ id: string }>`
    select id from graphile_worker.complete_jobs(array(
      select id from graphile_worker.jobs
      where attempts >= max_attempts and locked_at is null and updated_at < now() - interval '1 day'
      limit ${raw.lit(BATCH)}
    ))
  `.execute(sql);
  return rows.length;
}

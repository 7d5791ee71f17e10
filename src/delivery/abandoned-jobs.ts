// Jobs whose worker died while it worked on them: a process that was killed, a database that went away. The queue
// would leave them locked for four hours, longer than most messages live.
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

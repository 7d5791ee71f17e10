// The job that delivers a message, in the queue of graphile-worker.
import { type RawBuilder, sql as raw } from 'kysely';

export const DELIVER_TASK = 'deliver';

/**
 * More tries than fit into the lifetime of any message. The queue waits e, e², e³ … seconds between tries, and six hours
 * from the tenth on, so the expiry of the message ends the tries, not their number.
 */
const MOST_TRIES = 25;

/**
 * SQL that queues the delivery of a message. If it is already queued, its tries start again from the first. While it is
 * being delivered, another job is queued, and the current one is not tried again.
 */
export function deliverJob(id: RawBuilder<unknown>, afterSeconds = 0): RawBuilder<unknown> {
  return raw`graphile_worker.add_job(
    ${DELIVER_TASK}, json_build_object('id', cast(${id} as text)),
    job_key => cast(${id} as text), run_at => now() + make_interval(secs => ${raw.lit(afterSeconds)}),
    max_attempts => ${raw.lit(MOST_TRIES)}
  )`;
}

// The job that delivers a message, in the queue of graphile-worker.
import { type RawBuilder, sql as raw } from 'kysely';

export const DELIVER_TASK = 'deliver';

/**
 * More tries than fit into the lifetime of any message. The queue waits e, e², e³ … seconds between tries, and six hours
 * from the tenth on, so the expiry of the message ends the tries, not their number.
 */
const MOST_TRIES = 25;

/** SQL that queues the delivery of a message. If it is already queued, its tries start again from the first. */
export function deliverJob(id: RawBuilder<unknown>): RawBuilder<unknown> {
  return raw`graphile_worker.add_job(
    ${DELIVER_TASK}, json_build_object('id', cast(${id} as text)),
    job_key => cast(${id} as text), max_attempts => ${raw.lit(MOST_TRIES)}
  )`;
}

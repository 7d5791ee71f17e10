// The job queue of a test's database, and its clock, which is the database's: a test does not wait for the next try.
import { query } from '../harness/sql.ts';

export interface QueuedJob {
  readonly id: string;
  readonly task_identifier: string;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly last_error: string | null;
  /** Null unless somebody works on it. */
  readonly locked_at: Date | null;
}

export function jobs(databaseUrl: string): Promise<QueuedJob[]> {
  return query(
    databaseUrl,
    'select id, task_identifier, attempts, max_attempts, last_error, locked_at from graphile_worker.jobs order by id',
  );
}

/** Every job that waits is due now, and the workers are told. */
export async function retryNow(databaseUrl: string): Promise<void> {
  await query(databaseUrl, 'update graphile_worker._private_jobs set run_at = now()');
  await query(databaseUrl, `select pg_notify('jobs:insert', '{"r":1,"count":1}')`);
}

export interface StoredMessage {
  readonly sealed: string | null;
  readonly sent_at: Date | null;
}

/** The outbox, the oldest first. */
export function messages(databaseUrl: string): Promise<StoredMessage[]> {
  return query(databaseUrl, 'select sealed, sent_at from outbox_message order by created_at');
}

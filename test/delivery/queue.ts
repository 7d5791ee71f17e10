// The job queue of a test's database. Its clock is the database's, so tests make jobs due instead of waiting.
import { expect, vi } from 'vitest';
import { query } from '../harness/sql.ts';

export interface QueuedJob {
  readonly id: string;
  readonly attempts: number;
  readonly max_attempts: number;
  readonly last_error: string | null;
  /** Null unless a worker is running it. */
  readonly locked_at: Date | null;
}

/** The delivery jobs. The queue also has other jobs. */
export function jobs(databaseUrl: string): Promise<QueuedJob[]> {
  return query(
    databaseUrl,
    `select id, attempts, max_attempts, last_error, locked_at from graphile_worker.jobs
     where task_identifier = 'deliver' order by id`,
  );
}

/** Makes every waiting job due now and notifies the workers. */
export async function retryNow(databaseUrl: string): Promise<void> {
  await query(databaseUrl, 'update graphile_worker._private_jobs set run_at = now()');
  await query(databaseUrl, `select pg_notify('jobs:insert', '{"r":1,"count":1}')`);
}

/** Waits until the expectation holds. */
export function until(holds: () => void | Promise<void>): Promise<void> {
  return vi.waitFor(holds, { timeout: 15_000, interval: 20 });
}

/** Waits until the only job has failed this many times. */
export function failedTries(databaseUrl: string, attempts: number): Promise<void> {
  const failed = { attempts, last_error: expect.any(String), locked_at: null };
  return until(async () => expect(await jobs(databaseUrl)).toMatchObject([failed]));
}

export function queueIsEmpty(databaseUrl: string): Promise<void> {
  return until(async () => expect(await jobs(databaseUrl)).toEqual([]));
}

export interface StoredMessage {
  readonly sealed: string | null;
  readonly sent_at: Date | null;
}

/** The outbox, oldest message first. */
export function messages(databaseUrl: string): Promise<StoredMessage[]> {
  return query(databaseUrl, 'select sealed, sent_at from outbox_message order by created_at');
}

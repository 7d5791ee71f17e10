// Forces a race: rows stay locked until several requests have read their state and want to write. Without this,
// requests rarely overlap.
import pg from 'pg';
import { expect, vi } from 'vitest';
import { query } from '../harness/sql.ts';

/**
 * @param lock selects the rows; `for update` is added.
 * @param waiting how many requests must be waiting for the rows before they are unlocked.
 * @param meanwhile runs while they wait.
 */
export async function whileHeld<T>(
  databaseUrl: string,
  lock: string,
  values: readonly unknown[],
  waiting: number,
  work: () => Promise<T>,
  meanwhile: () => Promise<void> = async () => {},
): Promise<T> {
  const holder = new pg.Client({ connectionString: databaseUrl });
  await holder.connect();
  try {
    await holder.query('begin');
    const { rowCount } = await holder.query(`${lock} for update`, [...values]);
    expect(rowCount).toBeGreaterThan(0);
    const done = work();
    await vi.waitFor(async () => expect(await waitingFor(databaseUrl)).toBeGreaterThanOrEqual(waiting), {
      timeout: 10_000,
      interval: 10,
    });
    await meanwhile();
    await holder.query('commit');
    return await done;
  } finally {
    await holder.end();
  }
}

async function waitingFor(databaseUrl: string): Promise<number> {
  const [row] = await query<{ waiting: string }>(
    databaseUrl,
    `select count(*) as waiting from pg_stat_activity
     where datname = current_database() and wait_event_type = 'Lock'`,
  );
  return Number(row?.waiting ?? 0);
}

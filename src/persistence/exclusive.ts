// Lets one process at a time, across all machines, do something. Uses a PostgreSQL advisory lock on a separate
// connection, which is released automatically when the process dies.
import { openClient } from './connection.ts';
import { isLockTimeout } from './failure.ts';

/** How long to wait for a holder that is just finishing or was just killed. */
const WAIT_SECONDS = 3;

/** @param name the name of the lock. @returns null when another process holds it. */
export async function tryExclusive(databaseUrl: string, name: string): Promise<AsyncDisposable | null> {
  const client = await openClient(databaseUrl, 'lock');
  try {
    await client.query(`set lock_timeout = '${WAIT_SECONDS}s'`);
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name]);
  } catch (error) {
    await client.end();
    if (isLockTimeout(error)) return null;
    throw error;
  }
  return { [Symbol.asyncDispose]: () => client.end() };
}

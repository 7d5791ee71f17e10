/**
 * Chooses the user that PostgreSQL runs as. PostgreSQL refuses to run as root; in that case it runs as `postgres`,
 * which is created if missing. Refuses a path that this user cannot enter, and never changes permissions outside the
 * data directory.
 */
import { execFile, spawnSync } from 'node:child_process';
import { chmod, chown, stat } from 'node:fs/promises';
import { dirname } from 'node:path';
import { promisify } from 'node:util';
import { EmbeddedPostgresError } from './error.ts';

const run = promisify(execFile);

export interface Account {
  uid: number;
  gid: number;
}

/** Undefined unless Stepgate runs as root. PostgreSQL then runs as the current user. */
export async function postgresAccount(): Promise<Account | undefined> {
  if (process.getuid?.() !== 0) return undefined;
  try {
    return await lookUp();
  } catch {
    try {
      await run('groupadd', ['--force', '--system', 'postgres']);
      await run('useradd', ['--system', '--gid', 'postgres', '--no-create-home', 'postgres']);
      return await lookUp();
    } catch (error) {
      throw new EmbeddedPostgresError(
        'no_account',
        'PostgreSQL refuses to run as root, and the user "postgres" does not exist and could not ' +
          `be created (${(error as Error).message.trim()}). Run Stepgate as a regular user, create the user ` +
          '"postgres", or set DATABASE_URL to use your own PostgreSQL.',
      );
    }
  }
}

async function lookUp(): Promise<Account> {
  const [uid, gid] = await Promise.all([run('id', ['-u', 'postgres']), run('id', ['-g', 'postgres'])]);
  return { uid: Number(uid.stdout), gid: Number(gid.stdout) };
}

/** The outermost directory on the path to `folder`, including itself, that the account cannot enter. */
export function firstClosedFolder(account: Account, folder: string): string | undefined {
  const way = [folder];
  for (let parent = dirname(folder); parent !== way[0]; parent = dirname(parent)) way.unshift(parent);
  // Tested as that account, because mode bits alone would miss access control lists.
  const script = 'for folder do [ -x "$folder" ] || { printf %s "$folder"; exit 0; }; done';
  const { stdout, error } = spawnSync('/bin/sh', ['-c', script, 'sh', ...way], {
    ...account,
    encoding: 'utf8',
    cwd: '/',
  });
  if (error) throw error;
  return stdout || undefined;
}

/** Grants the account access to the data directory, if that directory alone is closed. */
export async function admitToDataFolder(account: Account, dataDir: string): Promise<void> {
  let closed = firstClosedFolder(account, dataDir);
  if (closed === dataDir) {
    const { uid, mode } = await stat(dataDir);
    if (uid === 0 && (mode & 0o077) === 0) {
      await chown(dataDir, uid, account.gid);
      await chmod(dataDir, 0o710);
      closed = firstClosedFolder(account, dataDir);
    }
  }
  if (closed === undefined) return;
  throw new EmbeddedPostgresError(
    'unreachable_for_account',
    `PostgreSQL refuses to run as root, so it runs as the user "postgres", who cannot enter ${closed} and therefore cannot ` +
      `store data in ${dataDir}. Set DATA_DIR to a directory that all users can reach, such as /var/lib/stepgate, ` +
      'run Stepgate as a regular user, or set DATABASE_URL to use your own PostgreSQL.',
  );
}

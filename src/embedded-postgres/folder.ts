/**
 * Creates the data directory and removes incomplete files from it. Whatever must appear complete is created under a
 * temporary name and renamed. If the process dies in between, the next holder of the lock removes the temporary file.
 */
import { randomBytes } from 'node:crypto';
import { mkdir, readdir, realpath, rm } from 'node:fs/promises';
import { dirname, join } from 'node:path';

export function temporarySibling(path: string): string {
  return `${path}.${randomBytes(6).toString('hex')}.tmp`;
}

export async function openDataFolder(dataDir: string): Promise<string> {
  await mkdir(dirname(dataDir), { recursive: true });
  await mkdir(dataDir, { mode: 0o700 }).catch((error: NodeJS.ErrnoException) => {
    if (error.code !== 'EEXIST') throw error;
  });
  return realpath(dataDir);
}

/** Requires the lock on the directory. */
export async function removeUnfinished(dataDir: string): Promise<void> {
  for (const entry of await readdir(dataDir)) {
    if (!/^postgres.*\.[0-9a-f]{12}\.tmp$/.test(entry)) continue;
    // An initdb that outlived its supervisor may still write there. Retry, and leave the rest to a later start.
    const removal = rm(join(dataDir, entry), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    await removal.catch(() => undefined);
  }
}

/**
 * Owns the data folder itself: that it exists, and that nothing half-made stays in it. Whatever must appear in
 * it whole is made under a temporary name and renamed; a process that dies in between leaves a temporary name
 * that the next holder of the folder's lock removes.
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

/** Only for the holder of the folder's lock. */
export async function removeUnfinished(dataDir: string): Promise<void> {
  for (const entry of await readdir(dataDir)) {
    if (!/^postgres.*\.[0-9a-f]{12}\.tmp$/.test(entry)) continue;
    // An initdb that outlived its supervisor may still be writing there: retry, and leave the rest to a later start.
    const removal = rm(join(dataDir, entry), { recursive: true, force: true, maxRetries: 5, retryDelay: 50 });
    await removal.catch(() => undefined);
  }
}

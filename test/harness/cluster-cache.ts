// Keeps a PostgreSQL cluster with the migrated template from one run to the next, because initializing and migrating one
// takes longer than most test files. A run copies it, so runs never share a server. A change of anything that the
// cluster is made from gives another key.
import { execFile } from 'node:child_process';
import { createHash, randomUUID } from 'node:crypto';
import { existsSync, globSync, readFileSync } from 'node:fs';
import { mkdir, readdir, rename, rm, stat, utimes } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, '../..');
const CACHE = join(ROOT, 'node_modules/.cache/stepgate-test-postgres');
const MADE_FROM = [
  'migrations/*.ts',
  'src/embedded-postgres/*.ts',
  'src/persistence/**/*.ts',
  'test/harness/{cluster-cache,database,postgres}.ts',
  'package-lock.json',
];
const KEPT_DAYS = 7;

/** @param dataDir an empty directory. @param make fills it, if no cluster is kept. It must stop its server. */
export async function copyOfCluster(dataDir: string, make: () => Promise<void>): Promise<void> {
  const kept = join(CACHE, keyOf());
  if (existsSync(kept)) {
    await utimes(kept, new Date(), new Date());
    return copy(kept, dataDir);
  }
  await make();
  await mkdir(CACHE, { recursive: true });
  await removeUnused();
  // Renamed when it is complete. If another run was faster, its cluster is as good.
  const unfinished = `${kept}.${randomUUID()}`;
  await copy(dataDir, unfinished);
  await rename(unfinished, kept).catch(() => rm(unfinished, { recursive: true, force: true }));
}

function keyOf(): string {
  const hash = createHash('sha256');
  // PostgreSQL refuses a cluster of another user.
  hash.update(`${process.platform} ${process.arch} ${process.getuid?.()}`);
  for (const file of globSync(MADE_FROM, { cwd: ROOT }).toSorted()) {
    hash.update(`\0${file}\0`).update(readFileSync(join(ROOT, file)));
  }
  return hash.digest('hex').slice(0, 32);
}

/** Keeps owners and permissions, unlike `cp` of node:fs. */
async function copy(from: string, to: string): Promise<void> {
  await mkdir(to, { recursive: true });
  await run('cp', ['-a', `${from}/.`, to]);
}

async function removeUnused(): Promise<void> {
  const oldest = Date.now() - KEPT_DAYS * 24 * 3600 * 1000;
  for (const entry of await readdir(CACHE)) {
    const path = join(CACHE, entry);
    const found = await stat(path).catch(() => null);
    if (found !== null && found.mtimeMs < oldest) await rm(path, { recursive: true, force: true });
  }
}

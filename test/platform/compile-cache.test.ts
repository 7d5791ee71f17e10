// The compile cache makes the next start faster, and never prevents one.
import { execFile } from 'node:child_process';
import { mkdtemp, readdir, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, expect, test } from 'vitest';

const MODULE = new URL('../../src/platform/compile-cache.ts', import.meta.url).href;

let directory: string;
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stepgate-compile-cache-'));
});
afterAll(() => rm(directory, { recursive: true }));

/** A program that switches the cache on and then imports a file. @returns what it prints. */
async function program(folder: string): Promise<string> {
  const file = join(directory, 'imported.mjs');
  await writeFile(file, "console.log('imported');");
  const code = `import(${JSON.stringify(MODULE)}).then((cache) => {
    cache.useCompileCache(${JSON.stringify(folder)});
    return import(${JSON.stringify(file)});
  })`;
  const { NODE_COMPILE_CACHE: _, ...env } = process.env;
  const { stdout, stderr } = await promisify(execFile)(process.execPath, ['--eval', code], { env });
  expect(stderr).toBe('');
  return stdout;
}

test('a program leaves its compiled modules for the next start', async () => {
  const folder = join(directory, 'cache');
  expect(await program(folder)).toBe('imported\n');
  const [ofVersion] = await readdir(folder);
  expect(await readdir(join(folder, ofVersion ?? ''))).not.toEqual([]);
  expect(await program(folder)).toBe('imported\n');
});

test('a program starts even if the folder of the cache cannot be made', async () => {
  const file = join(directory, 'a-file');
  await writeFile(file, '');
  expect(await program(join(file, 'cache'))).toBe('imported\n');
});

// What `stepgate/client` adds to a page, bundled and compressed as a page loads it.
import { execFile } from 'node:child_process';
import { mkdtempDisposable, readdir, readFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { gzipSync } from 'node:zlib';
import { expect, test } from 'vitest';

const run = promisify(execFile);
const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const MOST_BYTES = 8192;
const OPTIONS = '--minify --format esm --platform browser --external graphql -d'.split(' ');

/** The compressed files of a bundle: those that a page loads with it, and those that it loads when they are used. */
async function bundle(entry: string): Promise<{ atOnce: [name: string, bytes: number][]; later: string[] }> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'stepgate-size-'));
  await run('node_modules/.bin/rolldown', [`src/client/${entry}.ts`, ...OPTIONS, folder.path], { cwd: ROOT });
  const names = await readdir(folder.path);
  const text = (name: string): Promise<string> => readFile(join(folder.path, name), 'utf8');
  const atOnce = new Set([`${entry}.js`]);
  for (const name of atOnce) {
    const imports = (await text(name)).matchAll(/(?:^|;)(?:import|export)\b[^;(]*?"\.\/([^"]+)"/g);
    for (const [, imported = ''] of imports) atOnce.add(imported);
  }
  const compressed = [...atOnce].map(
    async (name): Promise<[string, number]> => [name, gzipSync(await text(name), { level: 9 }).length],
  );
  return { atOnce: await Promise.all(compressed), later: names.filter((name) => !atOnce.has(name)) };
}

test('the client is smaller than 8 kB in a page', async () => {
  const { atOnce, later } = await bundle('index');
  expect(atOnce.length).toBeGreaterThan(1);
  expect(atOnce.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(MOST_BYTES);
  // The ceremonies of passkeys are loaded when they begin.
  expect(later.map((name) => name.replace(/-[\w-]{8}\.js$/, '')).toSorted()).toEqual([
    'passkey',
    'passkey-signals',
  ]);
});

test('the part for identity providers is an entry of its own, smaller than 2 kB', async () => {
  const { atOnce } = await bundle('provider');
  expect(atOnce.reduce((sum, [, bytes]) => sum + bytes, 0)).toBeLessThan(2048);
});

// The API reference of the package: every export is in it, and the TypeScript that it is made with compiles nothing else.
import { readFile, realpath } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('..', import.meta.url));
const read = async <T>(path: string): Promise<T> => JSON.parse(await readFile(`${ROOT}${path}`, 'utf8')) as T;

test('every entry of the package is an entry of its reference', async () => {
  const { exports } = await read<{ exports: Record<string, string | { default: string }> }>('package.json');
  const { entryPoints } = await read<{ entryPoints: string[] }>('tools/api/typedoc.json');
  const sources = Object.values(exports).flatMap((entry) =>
    typeof entry === 'string' ? [] : entry.default.replace('./dist/', '../../src/').replace(/\.js$/, '.ts'),
  );
  expect(entryPoints.toSorted()).toEqual(sources.toSorted());
});

test('`tsc` is the TypeScript of this project, not that of TypeDoc (run `npm ci` when this fails)', async () => {
  expect(await realpath(`${ROOT}node_modules/.bin/tsc`)).toBe(
    await realpath(`${ROOT}node_modules/typescript/bin/tsc`),
  );
});

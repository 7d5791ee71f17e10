// Finds the test files that reach a source file through imports, nearest first, because a test that imports it directly
// is most likely to detect a mutation.
import { readFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseSync } from 'oxc-parser';

/** @param tests absolute paths of test files. @returns those that reach the file. */
export function nearestTests(file: string, tests: readonly string[]): string[] {
  const target = resolve(file);
  const reached = tests.flatMap((test) => {
    const distance = distances(test).get(target);
    return distance === undefined ? [] : { test, distance: distance - likeness(test, target) };
  });
  return reached.toSorted((one, other) => one.distance - other.distance).map(({ test }) => test);
}

/** Prefers tests in the folder that corresponds to the source, and tests that mention its name. */
function likeness(test: string, source: string): number {
  const folder = dirname(source).split('/src/').at(-1) ?? '';
  if (test.endsWith(join('test', folder, source.split('/').at(-1)?.replace('.ts', '.test.ts') ?? '')))
    return 100;
  const name = source.split('/').at(-1)?.replace('.ts', '').replaceAll('-', '') ?? '';
  const isNamed = readFileSync(test, 'utf8').toLowerCase().replaceAll(/[-_ ]/g, '').includes(name);
  return (dirname(test).endsWith(join('test', folder)) ? 50 : 0) + (isNamed ? 25 : 0);
}

const found = new Map<string, Map<string, number>>();
const imports = new Map<string, string[]>();

/** Breadth-first search from a test through its imports. */
function distances(test: string): Map<string, number> {
  const known = found.get(test);
  if (known !== undefined) return known;
  const result = new Map([[test, 0]]);
  for (const [file, distance] of result) {
    for (const next of importsOf(file)) if (!result.has(next)) result.set(next, distance + 1);
  }
  found.set(test, result);
  return result;
}

function importsOf(file: string): string[] {
  const known = imports.get(file);
  if (known !== undefined) return known;
  const { staticImports, staticExports } = parseSync(file, readFileSync(file, 'utf8')).module;
  const specifiers = [
    ...staticImports.map((one) => one.moduleRequest.value),
    ...staticExports.flatMap(({ entries }) => entries.flatMap((one) => one.moduleRequest?.value ?? [])),
  ];
  const files = specifiers
    .filter((one) => one.startsWith('.') && one.endsWith('.ts'))
    .map((one) => resolve(dirname(file), one));
  imports.set(file, files);
  return files;
}

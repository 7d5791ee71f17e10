// The recipes in docs/step-up.md are the programs that the tests run: each line of a recipe is a line of its program, apart from types
// and from how the program finds out who is asking.
import { readFile } from 'node:fs/promises';
import { stripTypeScriptTypes } from 'node:module';
import { expect, test } from 'vitest';

const ROOT = new URL('..', import.meta.url);
const read = (path: string): Promise<string> => readFile(new URL(path, ROOT), 'utf8');

const RECIPES: readonly (readonly [heading: string, ...programs: string[]])[] = [
  ['Yoga and Envelop', 'test/step-up/recipes/envelop.test.ts'],
  ['Apollo Server', 'test/step-up/recipes/apollo.test.ts', 'examples/servers/src/apollo-plugin.ts'],
  ['Mercurius', 'test/step-up/recipes/mercurius.test.ts'],
  ['graphql-ws and graphql-sse', 'examples/servers/src/graphql-ws.ts', 'examples/servers/src/graphql-sse.ts'],
  ['A federated subgraph', 'test/step-up/recipes/subgraph.test.ts'],
  ['A gateway', 'examples/servers/src/subgraph.ts', 'examples/servers/src/hive-gateway.ts'],
  ['Grafast and PostGraphile', 'test/step-up/recipes/grafast.test.ts', 'examples/postgraphile/server.js'],
];

/** A line without what may differ: white space, punctuation, the start of a declaration, and the caller. */
function essence(line: string): string {
  return line
    .replace(/\/\/ .*$/, '')
    .replaceAll(/(await )?(tokens|who\.tokens|suite)?\.?\bpresent\(.*$/g, 'presented')
    .replaceAll(/'x-caller'|'?\bauthorization\b'?/g, 'caller')
    .replaceAll(/\b(export|const|async|void)\b/g, '')
    .replaceAll(/[\s,;(){}`]/g, '');
}

function linesOf(code: string): string[] {
  return code
    .split('\n')
    .filter((line) => !line.startsWith('import '))
    .map(essence)
    .filter((line) => /\w/.test(line));
}

test.each(RECIPES)('%s', async (heading, ...programs) => {
  const page = await read('docs/step-up.md');
  const section = page.split(/^## /m).find((one) => one.startsWith(`${heading}\n`)) ?? '';
  const blocks = [...section.matchAll(/^```ts\n(.*?)^```/gms)].map(([, code = '']) => code);
  expect(blocks.length).toBeGreaterThan(0);
  const sources = await Promise.all(programs.map(read));
  const program = sources.map((source) => linesOf(stripTypeScriptTypes(source)).join('\n')).join('\n');
  const missing = blocks.flatMap(linesOf).filter((line) => !program.replaceAll('\n', '').includes(line));
  expect(missing).toEqual([]);
});

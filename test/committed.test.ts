// The committed generated files match what the code generates.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { updatedRecord, workflowsPage } from '../src/cli/draw-charts.ts';
import { printedSchema } from '../src/graphql/schema.ts';
import { isMigrated } from '../src/persistence/migrations.ts';
import { openOrm } from '../src/persistence/orm.ts';
import { testDatabase } from './harness/app.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), 'utf8');

test('schema.graphql is up to date (run `npm run schema:print`)', async () => {
  expect(await read('schema.graphql')).toBe(printedSchema());
});

test('the migrations create the tables of the entities (see `npm run migrate -- diff`)', async () => {
  const database = await testDatabase();
  const orm = await openOrm(database.url);
  try {
    expect(await isMigrated(orm)).toBe(true);
    expect(await orm.schema.getUpdateSchemaSQL({ wrap: false })).toBe('');
  } finally {
    await orm.close();
    await database.drop();
  }
});

test('docs/workflows.md is up to date (run `npm run charts:draw`)', async () => {
  expect(await read('docs/workflows.md')).toBe(workflowsPage());
});

test('each chart matches the recording of its version', async () => {
  // Throws when a chart changed without a new version. Differs when a new version is not recorded.
  expect(JSON.parse(await read('docs/charts.json'))).toEqual(await updatedRecord());
});

// What is generated and committed is what the code generates.
import { readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { updatedRecord, workflowsPage } from '../src/cli/draw-charts.ts';
import { printedSchema } from '../src/graphql/schema.ts';
import { isMigrated } from '../src/persistence/migrations.ts';
import { openOrm } from '../src/persistence/orm.ts';
import { testDatabase } from './harness/app.ts';

const read = (path: string): Promise<string> => readFile(new URL(`../${path}`, import.meta.url), 'utf8');

test('schema.graphql is the schema: run `npm run schema:print` when this fails', async () => {
  expect(await read('schema.graphql')).toBe(printedSchema());
});

test('the migrations make the tables of the entities: see `npm run migrate -- diff` when this fails', async () => {
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

test('docs/workflows.md shows the charts: run `npm run charts:draw` when this fails', async () => {
  expect(await read('docs/workflows.md')).toBe(workflowsPage());
});

test('each chart is the one that its version was recorded with', async () => {
  // Throws when a chart was changed under a recorded version; differs when a new version was not recorded.
  expect(JSON.parse(await read('docs/charts.json'))).toEqual(await updatedRecord());
});

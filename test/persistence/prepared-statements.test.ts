// Statements with parameters are prepared under a generated name, unless the query object says otherwise.
import type { Pool, PoolClient } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { type Orm, openOrm, poolOf } from '../../src/persistence/orm.ts';
import { testDatabase } from '../harness/app.ts';

let database: { url: string; drop: () => Promise<void> };
let orm: Orm;
let pool: Pool;

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
  pool = await poolOf(orm);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});

async function preparedOn(client: PoolClient): Promise<string[]> {
  const { rows } = await client.query('select name, statement from pg_prepared_statements');
  return rows.map(({ name, statement }) => `${statement} as ${name}`);
}

test('a statement with parameters is prepared once, unless it selects *', async () => {
  const client = await pool.connect();
  for (const value of [1, 2]) {
    expect((await client.query('select $1::int as n', [value])).rows).toEqual([{ n: value }]);
    for (const all of ['*', 'it.*', 'distinct *', 'n, it.*', '"it" . *']) {
      const { rows } = await client.query(`select ${all} from (select $1::int as n) it`, [value]);
      expect(rows).toEqual([{ n: value }]);
    }
  }
  expect(await preparedOn(client)).toEqual([expect.stringMatching(/^select \$1::int as n as [\w-]{43}$/)]);
  client.release(true);
});

test('a statement that multiplies or counts is prepared', async () => {
  const client = await pool.connect();
  expect((await client.query('select $1::int * 2 as n, count(*)', [2])).rows).toEqual([{ n: 4, count: '1' }]);
  expect(await preparedOn(client)).toEqual([expect.stringMatching(/^select \$1::int \* 2 as n/)]);
  client.release(true);
});

test('a query object keeps its own name, values and options', async () => {
  const client = await pool.connect();
  const named = { name: 'mine', text: 'select $1::int as n', values: [3] };
  expect((await client.query(named)).rows).toEqual([{ n: 3 }]);
  expect((await client.query({ text: 'select $1::int as m', values: [4] })).rows).toEqual([{ m: 4 }]);
  expect(await client.query({ text: 'select $1::int', values: [5], rowMode: 'array' })).toMatchObject({
    rows: [[5]],
  });
  expect(await preparedOn(client)).toEqual(['select $1::int as n as mine']);
  client.release(true);
});

test('pool.query works without checking out a connection', async () => {
  expect((await pool.query('select $1::int as n', [6])).rows).toEqual([{ n: 6 }]);
  expect((await pool.query({ text: 'select $1::int as n', values: [7] })).rows).toEqual([{ n: 7 }]);
  expect((await pool.query('select 8 as n')).rows).toEqual([{ n: 8 }]);
});

test('the pool closes with the ORM', async () => {
  const other = await openOrm(database.url);
  const itsPool = await poolOf(other);
  await itsPool.query('select 1');
  await other.close();
  expect(itsPool.totalCount).toBe(0);
  await expect(itsPool.query('select 1')).rejects.toThrow(/after calling end/);
});

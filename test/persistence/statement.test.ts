// A statement is compiled once, and each use has its own values.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { insertion } from '../../src/persistence/insertion.ts';
import { type Orm, openOrm, type Sql, sqlOf } from '../../src/persistence/orm.ts';
import { compile, run, statement } from '../../src/persistence/statement.ts';
import { UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let orm: Orm;

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});

const failuresOf = (sql: Sql, { subject, failures }: { subject: string; failures: number }) =>
  sql
    .updateTable('lockout')
    .set({ failures })
    .where('subject', '=', subject)
    .returning(['subject', 'failures']);

test('a statement is built once, and concurrent uses do not share values', async () => {
  let built = 0;
  const set = statement((sql, values: { subject: string; failures: number }) => {
    built += 1;
    return failuresOf(sql, values);
  });
  await query(
    database.url,
    `insert into lockout (subject, counter, failures, updated_at) values ('one', 'CODE', 1, now()), ('other', 'CODE', 1, now())`,
  );
  const sql = sqlOf(orm.em.fork());
  const uses = [set({ subject: 'one', failures: 5 }), set({ subject: 'other', failures: 7 })];
  expect(await Promise.all(uses.map((use) => run(sql, use)))).toEqual([
    [{ subject: 'one', failures: 5 }],
    [{ subject: 'other', failures: 7 }],
  ]);
  expect(built).toBe(1);
  expect(uses.map((use) => use.text)).toEqual([uses[0]?.text, uses[0]?.text]);
});

test('a statement says which rows it may change, like a query that was compiled for one use', () => {
  const set = statement(failuresOf);
  const values = { subject: 'one', failures: 2 };
  expect(set(values)).toEqual(compile((sql) => failuresOf(sql, values)));
});

test('two uses of one statement for the same row are refused, and for different rows they are not', async () => {
  const set = statement(failuresOf);
  const both = (other: string): Promise<void> => {
    const unitOfWork = new UnitOfWork();
    unitOfWork.write(set({ subject: 'one', failures: 3 }));
    unitOfWork.write(set({ subject: other, failures: 4 }));
    return unitOfWork.commit(orm.em.fork());
  };
  await expect(both('one')).rejects.toThrow('Two writes of one step may touch the same row of lockout.');
  await both('other');
  expect(await query(database.url, 'select subject, failures from lockout order by subject')).toEqual([
    { subject: 'one', failures: 3 },
    { subject: 'other', failures: 4 },
  ]);
});

test('new rows with different columns are refused, so that no value ends up in another column', () => {
  expect(
    insertion('lockout', [
      { a: 1, b: 2 },
      { b: 4, a: 3 },
    ]).values,
  ).toEqual([1, 2, 3, 4]);
  for (const other of [{ a: 1 }, { a: 1, c: 2 }, { a: 1, b: 2, c: 3 }]) {
    expect(() => insertion('lockout', [{ a: 1, b: 2 }, other])).toThrow('have different columns');
  }
});

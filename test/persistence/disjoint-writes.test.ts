// Two writes of one statement that touch the same row: PostgreSQL would perform one of them and drop the other in silence.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type Orm, openOrm, type Sql } from '../../src/persistence/orm.ts';
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
beforeEach(async () => {
  await query(database.url, 'truncate lockout');
  await query(
    database.url,
    `insert into lockout (subject, counter, failures, updated_at)
     values ('one', 'CODE', 1, now()), ('one', 'PASSWORD', 1, now()), ('other', 'CODE', 1, now())`,
  );
});

const failuresOf = (sql: Sql, failures: number) => sql.updateTable('lockout').set({ failures });
const WRITES = {
  'all rows': (sql: Sql) => failuresOf(sql, 9),
  'the rows of one subject': (sql: Sql) => failuresOf(sql, 2).where('subject', '=', 'one'),
  'the rows of the other subject': (sql: Sql) => failuresOf(sql, 3).where('subject', '=', 'other'),
  'the codes of one subject': (sql: Sql) =>
    failuresOf(sql, 4).where('subject', '=', 'one').where('counter', '=', 'CODE'),
  'the passwords of one subject': (sql: Sql) =>
    failuresOf(sql, 5).where((it) => it.and([it('subject', '=', 'one'), it('counter', '=', 'PASSWORD')])),
  'rows before a time': (sql: Sql) => failuresOf(sql, 6).where('updated_at', '<', new Date()),
  'either subject': (sql: Sql) =>
    failuresOf(sql, 7).where((it) => it.or([it('subject', '=', 'one'), it('subject', '=', 'other')])),
  'no row of one subject': (sql: Sql) => failuresOf(sql, 8).where('subject', '<>', 'one'),
  'a deletion of one subject': (sql: Sql) => sql.deleteFrom('lockout').where('subject', '=', 'one'),
  'the rows of one subject, by its alias': (sql: Sql) =>
    sql.updateTable('lockout as mine').set({ failures: 10 }).where('mine.subject', '=', 'one'),
  'rows by a user that is only read': (sql: Sql) =>
    sql
      .updateTable('lockout')
      .from('user_account')
      .set({ failures: 11 })
      .where('user_account.id', '=', '00000000-0000-4000-8000-000000000001'),
  'rows by another user that is only read': (sql: Sql) =>
    sql
      .updateTable('lockout')
      .from('user_account')
      .set({ failures: 12 })
      .where('user_account.id', '=', '00000000-0000-4000-8000-000000000002'),
  'an insertion that may update': (sql: Sql) =>
    sql
      .insertInto('lockout')
      .values({ subject: 'one', counter: 'CODE', failures: 1, locked_until: null, updated_at: new Date() })
      .onConflict((conflict) => conflict.columns(['subject', 'counter']).doUpdateSet({ failures: 8 })),
} as const;
type Name = keyof typeof WRITES;

function commit(...names: readonly Name[]): Promise<void> {
  const step = new UnitOfWork();
  for (const name of names) step.write(WRITES[name]);
  return step.commit(orm.em.fork());
}
const stored = () =>
  query<{ failures: number }>(database.url, 'select subject, counter, failures from lockout order by 1, 2');

describe('two writes of one step', () => {
  test.each<[Name, Name]>([
    ['all rows', 'the rows of one subject'],
    ['the rows of one subject', 'the rows of one subject'],
    ['the rows of one subject', 'the codes of one subject'],
    ['the rows of one subject', 'either subject'],
    ['the rows of one subject', 'rows before a time'],
    ['the rows of one subject', 'a deletion of one subject'],
    ['the rows of one subject', 'an insertion that may update'],
    ['the rows of the other subject', 'no row of one subject'],
    ['the rows of one subject', 'the rows of one subject, by its alias'],
    ['rows by a user that is only read', 'rows by another user that is only read'],
  ])('that may touch the same row are refused, and nothing is written: %s, %s', async (one, other) => {
    const before = await stored();
    await expect(commit(one, other)).rejects.toThrow(
      'Two writes of one step may touch the same row of lockout.',
    );
    await expect(commit(other, one)).rejects.toThrow('may touch the same row');
    expect(await stored()).toEqual(before);
  });

  test.each<[Name, Name, number[]]>([
    ['the rows of one subject', 'the rows of the other subject', [2, 2, 3]],
    ['the codes of one subject', 'the passwords of one subject', [4, 5, 1]],
    ['a deletion of one subject', 'the rows of the other subject', [3]],
    ['the rows of one subject, by its alias', 'the rows of the other subject', [10, 10, 3]],
  ])('that touch different rows are both performed: %s, %s', async (one, other, failures) => {
    await commit(one, other);
    expect((await stored()).map((row) => row.failures)).toEqual(failures);
  });
});

// A unit of work is all or nothing: if a requirement is lost, nothing is written.
import { sql as raw } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertMany } from '../../src/persistence/insert-many.ts';
import { type EntityManager, type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { Conflict, UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';
import { StatementCounter } from '../harness/statement-counter.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let orm: Orm;
let em: EntityManager;

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});
beforeEach(() => {
  em = orm.em.fork();
});
afterEach(() => query(database.url, 'truncate lockout'));

const counter = (subject: string) =>
  ({ subject, counter: 'CODE', failures: 1, locked_until: null, updated_at: new Date(0) }) as const;
const subjects = async (): Promise<string[]> =>
  (await query<{ subject: string }>(database.url, 'select subject from lockout order by subject')).map(
    (row) => row.subject,
  );

/** A unit of work that inserts one row in addition to the writes of the test. */
function unitOfWork(): UnitOfWork {
  const one = new UnitOfWork();
  one.insert('lockout', counter('beside'));
  return one;
}

/** Increments the failures of a subject from 1 to 2. */
function bump(one: UnitOfWork, subject: string, how: 'write' | 'requireWrite'): void {
  one[how]((sql) =>
    sql
      .updateTable('lockout')
      .set({ failures: 2 })
      .where('subject', '=', subject)
      .where('failures', '=', 1)
      .returning('subject'),
  );
}

describe('a required write', () => {
  beforeEach(() =>
    query(
      database.url,
      `insert into lockout (subject, counter, failures, updated_at) values ('there', 'CODE', 1, now())`,
    ),
  );

  test('that finds its row is committed with the rest', async () => {
    const one = unitOfWork();
    bump(one, 'there', 'requireWrite');
    await one.commit(em);
    expect(await query(database.url, 'select subject, failures from lockout order by subject')).toEqual([
      { subject: 'beside', failures: 1 },
      { subject: 'there', failures: 2 },
    ]);
  });

  test('that finds no row is a Conflict, and nothing is written', async () => {
    const one = unitOfWork();
    bump(one, 'gone', 'requireWrite');
    await expect(one.commit(em)).rejects.toThrow(Conflict);
    expect(await subjects()).toEqual(['there']);
  });

  test('is a Conflict even if another one finds its row', async () => {
    const one = unitOfWork();
    bump(one, 'there', 'requireWrite');
    bump(one, 'gone', 'requireWrite');
    await expect(one.commit(em)).rejects.toThrow(Conflict);
    expect(await query(database.url, 'select failures from lockout')).toEqual([{ failures: 1 }]);
  });

  test('has one winner among concurrent ones', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => {
        const one = new UnitOfWork();
        one.insert('lockout', counter(`winner ${at}`));
        bump(one, 'there', 'requireWrite');
        return one.commit(orm.em.fork());
      }),
    );
    const lost = outcomes.filter((one) => one.status === 'rejected');
    expect(lost).toHaveLength(7);
    for (const { reason } of lost) expect(reason).toBeInstanceOf(Conflict);
    expect(await subjects()).toHaveLength(2);
  });

  test('is the exception: an ordinary write may find no row', async () => {
    const one = unitOfWork();
    bump(one, 'gone', 'write');
    await one.commit(em);
    expect(await subjects()).toEqual(['beside', 'there']);
  });
});

describe('a condition', () => {
  test('that does not hold is a Conflict, and earlier and later writes are rolled back', async () => {
    const one = unitOfWork();
    one.require(async (sql) => {
      await sql.insertInto('lockout').values(counter('before')).execute();
      return true;
    });
    one.require(async () => false);
    let after = false;
    one.require(async () => (after = true));
    await expect(one.commit(em)).rejects.toThrow(Conflict);
    expect(after).toBe(false);
    expect(await subjects()).toEqual([]);
  });

  test('that throws fails the unit of work with its error, and nothing is written', async () => {
    const one = unitOfWork();
    one.require(async () => {
      throw new Error('broken');
    });
    await expect(one.commit(em)).rejects.toThrow('broken');
    expect(await subjects()).toEqual([]);
  });
});

test.each([
  ['with a condition', true],
  ['without a condition', false],
])('a duplicate value in a unit of work %s is a Conflict', async (_how, hasCondition) => {
  await unitOfWork().commit(em);
  const one = unitOfWork();
  if (hasCondition) one.require(async () => true);
  await expect(one.commit(em)).rejects.toThrow(Conflict);
});

test('a call that fails rolls everything back, and afterCommit does not run', async () => {
  const one = unitOfWork();
  one.call((sql) => sql.selectNoFrom(raw`1 / 0`.as('never')));
  let done = false;
  one.afterCommit(() => (done = true));
  await expect(one.commit(em)).rejects.toThrow(/division by zero/);
  expect(await subjects()).toEqual([]);
  expect(done).toBe(false);
});

describe('a unit of work', () => {
  test('without requirements is one statement, without a transaction', async () => {
    await using said = await StatementCounter.before(database.url);
    const counted = await openOrm(said.url);
    try {
      await unitOfWork().commit(counted.em.fork());
      said.take();
      const one = new UnitOfWork();
      one.insert('lockout', counter('first'), counter('second'));
      bump(one, 'beside', 'write');
      one.call((sql) => sql.selectNoFrom(raw`1`.as('one')));
      await one.commit(counted.em.fork());
      expect(said.take()).toHaveLength(1);
      expect(await subjects()).toEqual(['beside', 'first', 'second']);
    } finally {
      await counted.close();
    }
  });

  test('without writes sends nothing, and still runs `afterCommit`', async () => {
    await using said = await StatementCounter.before(database.url);
    const counted = await openOrm(said.url);
    try {
      const one = new UnitOfWork();
      let done = 0;
      one.afterCommit(() => (done += 1));
      await one.commit(counted.em.fork());
      expect(done).toBe(1);
      expect(said.take()).toEqual([]);
    } finally {
      await counted.close();
    }
  });

  test('with only a call makes that call', async () => {
    const one = new UnitOfWork();
    one.call((sql) => sql.selectNoFrom(raw`1 / 0`.as('never')));
    await expect(one.commit(em)).rejects.toThrow(/division by zero/);
  });
});

describe('insertMany', () => {
  test('inserts more rows than a statement can have parameters', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => counter(`${at}: "ü" {,} \\ '`));
    await insertMany(sqlOf(em), 'lockout', rows);
    const [row] = await query<{ count: string; some: string }>(
      database.url,
      `select count(*), min(subject) as some from lockout where updated_at = 'epoch' and locked_until is null`,
    );
    expect(row).toEqual({ count: '20000', some: expect.stringMatching(/^\d+: "ü" \{,\} \\ '$/) });
  });

  test('inserts all rows or none: a single duplicate fails them all', async () => {
    await insertMany(sqlOf(em), 'lockout', [counter('taken')]);
    const rows = [counter('new'), counter('taken')];
    await expect(insertMany(sqlOf(em), 'lockout', rows)).rejects.toMatchObject({ code: '23505' });
    expect(await subjects()).toEqual(['taken']);
  });

  test('does nothing for an empty list', async () => {
    await insertMany(sqlOf(em), 'lockout', []);
    expect(await subjects()).toEqual([]);
  });
});

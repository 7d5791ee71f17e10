// A settlement is all or nothing: whoever loses a requirement writes nothing, and what has been lost is known.
import { sql as raw } from 'kysely';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { insertMany } from '../../src/persistence/insert-many.ts';
import { type EntityManager, type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { Conflict, Settlement } from '../../src/persistence/settlement.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

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

/** A settlement that inserts one row beside what the test adds. */
function settlement(): Settlement {
  const one = new Settlement();
  one.insert('lockout', counter('beside'));
  return one;
}

/** Sets the failures of those whose failures are as given. */
function bump(one: Settlement, subject: string, how: 'write' | 'requireWrite'): void {
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

  test('that finds its row is written with the rest', async () => {
    const one = settlement();
    bump(one, 'there', 'requireWrite');
    await one.commit(em);
    expect(await query(database.url, 'select subject, failures from lockout order by subject')).toEqual([
      { subject: 'beside', failures: 1 },
      { subject: 'there', failures: 2 },
    ]);
  });

  test('that finds none is a Conflict, and nothing of the rest stays', async () => {
    const one = settlement();
    bump(one, 'gone', 'requireWrite');
    await expect(one.commit(em)).rejects.toThrow(Conflict);
    expect(await subjects()).toEqual(['there']);
  });

  test('is not met by another one that is', async () => {
    const one = settlement();
    bump(one, 'there', 'requireWrite');
    bump(one, 'gone', 'requireWrite');
    await expect(one.commit(em)).rejects.toThrow(Conflict);
    expect(await query(database.url, 'select failures from lockout')).toEqual([{ failures: 1 }]);
  });

  test('has one winner among parallel ones', async () => {
    const outcomes = await Promise.allSettled(
      Array.from({ length: 8 }, (_, at) => {
        const one = new Settlement();
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

  test('that is merely wanted may find nothing', async () => {
    const one = settlement();
    bump(one, 'gone', 'write');
    await one.commit(em);
    expect(await subjects()).toEqual(['beside', 'there']);
  });
});

describe('a condition', () => {
  test('that does not hold is a Conflict: neither what came before it nor what comes after it stays', async () => {
    const one = settlement();
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

  test('that throws ends the settlement with its error, and nothing stays', async () => {
    const one = settlement();
    one.require(async () => {
      throw new Error('broken');
    });
    await expect(one.commit(em)).rejects.toThrow('broken');
    expect(await subjects()).toEqual([]);
  });
});

test.each([
  ['beside a condition', true],
  ['alone', false],
])('two who claim the same thing, %s: the later one is a Conflict', async (_how, hasCondition) => {
  await settlement().commit(em);
  const one = settlement();
  if (hasCondition) one.require(async () => true);
  await expect(one.commit(em)).rejects.toThrow(Conflict);
});

test('a call that fails takes everything with it, and what follows the commit is not done', async () => {
  const one = settlement();
  one.call(raw`select 1 / 0`);
  let done = false;
  one.afterCommit(() => (done = true));
  await expect(one.commit(em)).rejects.toThrow(/division by zero/);
  expect(await subjects()).toEqual([]);
  expect(done).toBe(false);
});

describe('many rows', () => {
  test('more than a statement has parameters come in as they are', async () => {
    const rows = Array.from({ length: 20_000 }, (_, at) => counter(`${at}: "ü" {,} \\ '`));
    await insertMany(sqlOf(em), 'lockout', rows);
    const [row] = await query<{ count: string; some: string }>(
      database.url,
      `select count(*), min(subject) as some from lockout where updated_at = 'epoch' and locked_until is null`,
    );
    expect(row).toEqual({ count: '20000', some: expect.stringMatching(/^\d+: "ü" \{,\} \\ '$/) });
  });

  test('are all there or none: one that is taken refuses them', async () => {
    await insertMany(sqlOf(em), 'lockout', [counter('taken')]);
    const rows = [counter('new'), counter('taken')];
    await expect(insertMany(sqlOf(em), 'lockout', rows)).rejects.toMatchObject({ code: '23505' });
    expect(await subjects()).toEqual(['taken']);
  });

  test('none is no statement', async () => {
    await insertMany(sqlOf(em), 'lockout', []);
    expect(await subjects()).toEqual([]);
  });
});

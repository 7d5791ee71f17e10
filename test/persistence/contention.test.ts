// Contention between transactions: what was rolled back is retried a few times and then fails as a Conflict. Nothing is
// done twice.
import { sql as raw } from 'kysely';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { Conflict, UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { startTestApp, testDatabase } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let orm: Orm;

beforeEach(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
  // A sequence is not rolled back.
  await query(
    database.url,
    `create sequence collisions;
     create function collide(times int) returns int language plpgsql as $$ begin
       if nextval('collisions') <= times then raise 'collided' using errcode = '40001'; end if;
       return currval('collisions');
     end $$`,
  );
});
afterEach(async () => {
  await orm.close();
  await database.drop();
});

async function collidedBefore(times: number): Promise<number | undefined> {
  const { rows } = await raw<{ tries: number }>`select collide(${times}::int) as tries`.execute(
    sqlOf(orm.em.fork()),
  );
  return rows[0]?.tries;
}

test('a statement outside a transaction is tried three times', async () => {
  expect(await collidedBefore(2)).toBe(3);
  await query(database.url, `alter sequence collisions restart`);
  await expect(collidedBefore(3)).rejects.toMatchObject({ code: '40001' });
});

test.each([
  ['with a condition', true],
  ['without a condition', false],
])(
  'a unit of work %s is tried three times, then fails as a Conflict and writes nothing',
  async (_which, has) => {
    const settle = async (subject: string, times: number): Promise<void> => {
      const unitOfWork = new UnitOfWork();
      if (has) unitOfWork.require(async () => true);
      unitOfWork.insert('lockout', {
        subject,
        counter: 'CODE',
        failures: 1,
        locked_until: null,
        updated_at: new Date(),
      });
      unitOfWork.call((sql) => sql.selectNoFrom(raw`collide(${times}::int)`.as('tries')));
      let done = 0;
      unitOfWork.afterCommit(() => (done += 1));
      await unitOfWork.commit(orm.em.fork());
      expect(done).toBe(1);
    };
    await settle('patient', 2);
    await query(database.url, `alter sequence collisions restart`);
    await expect(settle('unlucky', 3)).rejects.toThrow(Conflict);
    expect(await query(database.url, 'select subject from lockout')).toEqual([{ subject: 'patient' }]);
  },
);

test('two units of work that deadlock both succeed', async () => {
  await query(
    database.url,
    `insert into lockout (subject, counter, failures, locked_until, updated_at)
     values ('a', 'CODE', 0, null, now()), ('b', 'CODE', 0, null, now())`,
  );
  let holding = 0;
  const both = Promise.withResolvers<void>();
  const settle = (first: string, second: string): Promise<void> => {
    const unitOfWork = new UnitOfWork();
    const count = (subject: string): void =>
      unitOfWork.require(async (sql) => {
        await sql
          .updateTable('lockout')
          .set((it) => ({ failures: it('failures', '+', 1) }))
          .where('subject', '=', subject)
          .execute();
        holding += 1;
        if (holding === 2) both.resolve();
        await both.promise;
        return true;
      });
    count(first);
    count(second);
    return unitOfWork.commit(orm.em.fork());
  };
  await Promise.all([settle('a', 'b'), settle('b', 'a')]);
  expect(holding).toBeGreaterThan(4); // one of them ran twice
  expect(await query(database.url, 'select subject, failures from lockout order by subject')).toEqual([
    { subject: 'a', failures: 2 },
    { subject: 'b', failures: 2 },
  ]);
});

test('an attempt whose update was retried is counted once', async () => {
  await using app = await startTestApp({}, database.url);
  const client = new TestClient(app);
  const { email } = await client.signUp();
  const { id } = await client.startSignIn({ identifier: email });
  await query(
    database.url,
    `create function collide_at_claim() returns trigger language plpgsql as $$ begin
       perform collide(2);
       return new;
     end $$;
     create trigger collide before update on workflow for each row execute function collide_at_claim()`,
  );
  expect(await client.attempt(id, { password: `not ${PASSWORD}` })).toMatchObject({ attemptsRemaining: 4 });
  expect(await query(database.url, 'select attempts from workflow where attempts > 0')).toEqual([
    { attempts: 1 },
  ]);
});

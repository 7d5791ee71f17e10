// Locks that one process at a time can hold, across all machines.
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { tryExclusive } from '../../src/persistence/exclusive.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

/** Other tests use the same server. */
const OF_THIS_DATABASE = `database = (select oid from pg_database where datname = current_database())`;

let database: Awaited<ReturnType<typeof testDatabase>>;
beforeAll(async () => {
  database = await testDatabase();
});
afterAll(() => database.drop());

const take = (name: string) => tryExclusive(database.url, name);

test('only one of several callers gets a lock, other names are independent, and a waiter gets it when the holder ends', async () => {
  const all = await Promise.all(Array.from({ length: 4 }, () => take('import a')));
  const had = all.filter((one) => one !== null);
  expect(had).toHaveLength(1);
  const other = await take('import b');
  expect(other).not.toBeNull();
  await other?.[Symbol.asyncDispose]();

  const next = take('import a');
  await vi.waitFor(async () =>
    expect(
      await query(
        database.url,
        `select from pg_locks where locktype = 'advisory' and not granted and ${OF_THIS_DATABASE}`,
      ),
    ).toHaveLength(1),
  );
  await had[0]?.[Symbol.asyncDispose]();
  const taken = await next;
  expect(taken).not.toBeNull();
  await taken?.[Symbol.asyncDispose]();
  expect(
    await query(database.url, `select from pg_locks where locktype = 'advisory' and ${OF_THIS_DATABASE}`),
  ).toEqual([]);
});

test('the lock of a holder that was killed is released', async () => {
  const lost = await take('import c');
  await query(
    database.url,
    `select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory' and pid <> pg_backend_pid() and ${OF_THIS_DATABASE}`,
  );
  const next = await take('import c');
  expect(next).not.toBeNull();
  await next?.[Symbol.asyncDispose]();
  await lost?.[Symbol.asyncDispose]();
});

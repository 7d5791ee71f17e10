// When a connection is reused or discarded, and when a statement is retried.

import type { AddressInfo } from 'node:net';
import { createServer, type Server } from 'node:net';
import pg from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import {
  FOR_COMMANDS,
  FOR_REQUESTS,
  openClient,
  openPool,
  poolOptions,
} from '../../src/persistence/connection.ts';
import { DatabaseUnreachableError, migrate } from '../../src/persistence/migrations.ts';
import { testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let pool: pg.Pool;
let client: pg.PoolClient;

beforeAll(async () => {
  database = await testDatabase();
  await query(
    database.url,
    `create sequence collisions;
     create function collide(times int) returns int language plpgsql as $$ begin
       if nextval('collisions') <= times then raise 'collided' using errcode = '40001'; end if;
       return currval('collisions');
     end $$`,
  );
});
afterAll(() => database.drop());
beforeEach(async () => {
  await query(database.url, 'alter sequence collisions restart');
  pool = openPool(database.url, 'test', FOR_REQUESTS);
  client = await pool.connect();
});
afterEach(async () => {
  client.release();
  await pool.end();
});

describe('a connection is kept', () => {
  /** The pool lends the one that came back last. */
  async function lent(statement: string): Promise<unknown> {
    const borrowed = await pool.connect();
    try {
      return (await borrowed.query(statement)).rows[0]?.pid;
    } finally {
      borrowed.release();
    }
  }
  const pid = () => lent('select pg_backend_pid() as pid');

  test.each([
    ['after a statement', 'select 1'],
    ['after a statement that failed', 'select 1 / 0'],
    ['after a statement that failed with contention', 'select collide(100)'],
  ])('%s', async (_when, statement) => {
    const before = await pid();
    await lent(statement).catch(() => {});
    expect(await pid()).toBe(before);
  });

  test('but not if it is read-only', async () => {
    const before = await pid();
    await lent('set default_transaction_read_only to on');
    await expect(lent('create table written ()')).rejects.toMatchObject({ code: '25006' });
    expect(await pid()).not.toBe(before);
  });
});

describe('a connection that the server closes does not end the process', () => {
  async function pidOf(connection: pg.ClientBase): Promise<number> {
    return (await connection.query('select pg_backend_pid() as pid')).rows[0].pid;
  }
  async function close(connection: pg.ClientBase, pid: number): Promise<void> {
    const end = new Promise((resolve) => connection.once('end', resolve));
    await query(database.url, 'select pg_terminate_backend($1)', [pid]);
    await end;
  }

  test('while a request uses it: its next statement fails', async () => {
    await close(client, await pidOf(client));
    await expect(client.query('select 1')).rejects.toThrow(/not queryable|terminated/);
  });

  test('while it is in the pool: the pool opens another one', async () => {
    const idle = await pool.connect();
    const pid = await pidOf(idle);
    idle.release();
    await close(idle, pid);
    expect((await pool.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
  });

  test('outside a pool: its next statement fails', async () => {
    const alone = await openClient(database.url, 'test');
    await close(alone, await pidOf(alone));
    await expect(alone.query('select 1')).rejects.toThrow(/not queryable|terminated/);
  });
});

describe('a statement that fails with contention is retried', () => {
  test.each<[string, unknown]>([
    ['as text', 'select collide(2) as tries'],
    ['as an object', { text: 'select collide($1::int) as tries', values: [2] }],
  ])('%s', async (_how, statement) => {
    expect((await client.query(statement as string)).rows).toEqual([{ tries: 3 }]);
  });

  test('but not in a transaction, which has been rolled back', async () => {
    await client.query('begin');
    await expect(client.query('select collide(1)')).rejects.toMatchObject({ code: '40001' });
    await client.query('rollback');
    expect((await client.query('select collide(1) as tries')).rows).toEqual([{ tries: 2 }]);
  });

  test('nor with a callback', async () => {
    const answer = new Promise((resolve) => {
      expect(client.query('select collide(1)', resolve)).toBeUndefined();
    });
    expect(await answer).toMatchObject({ code: '40001' });
  });

  test('nor if it is a cursor, which is returned as it is', async () => {
    let answered: (error: unknown) => void = () => {};
    const failure = new Promise((resolve) => (answered = resolve));
    const cursor = new pg.Query('select collide(1)', (error: unknown) => answered(error));
    expect(client.query(cursor)).toBe(cursor);
    expect(await failure).toMatchObject({ code: '40001' });
  });
});

test('a dead network is detected five seconds after the statement timeout, if there is one', () => {
  const common = { connectionTimeoutMillis: 10_000, keepAlive: true, application_name: 'stepgate test' };
  const { onConnect: _once, ...hurried } = poolOptions('test', FOR_REQUESTS);
  expect(hurried).toEqual({ ...common, query_timeout: 15_000 });
  const { onConnect: _again, ...patient } = poolOptions('test', FOR_COMMANDS);
  expect(patient).toEqual(common);
});

test('a migration closes its connections', async () => {
  expect(await migrate(database.url, new Date())).toEqual([]);
  await vi.waitFor(async () =>
    expect(
      await query(
        database.url,
        `select query from pg_stat_activity
         where datname = current_database() and application_name = 'stepgate migration'`,
      ),
    ).toEqual([]),
  );
});

test('a server that closes the connection is reported with the reason and without the password', async () => {
  const server: Server = createServer((socket) =>
    socket
      .on('error', () => {})
      .resume()
      .end(),
  );
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  const failure = await migrate(`postgres://jane:hunter2@127.0.0.1:${port}/bank`, new Date()).catch(
    (error: unknown) => error,
  );
  await new Promise((resolve) => server.close(resolve));
  expect(failure).toBeInstanceOf(DatabaseUnreachableError);
  const { message } = failure as Error;
  expect(message).toContain(`Cannot use the database bank on 127.0.0.1:${port} as jane`);
  expect(message).toContain('(Connection terminated unexpectedly)');
  expect(message).not.toContain('hunter2');
});

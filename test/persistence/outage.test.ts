// A database that is away, that only reads, or that ends connections: clients learn that it is for now, the process lives on,
// and serves again as soon as the database does.
import type { ClientBase } from 'pg';
import { afterEach, beforeEach, describe, expect, inject, test, vi } from 'vitest';
import { openClient } from '../../src/persistence/connection.ts';
import { tryExclusive } from '../../src/persistence/exclusive.ts';
import { openOrm, poolOf } from '../../src/persistence/orm.ts';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { type GraphQLAnswer, PASSWORD, TestClient } from '../harness/client.ts';
import { onServer } from '../harness/database.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let name: string;

beforeEach(async () => {
  database = await testDatabase();
  name = new URL(database.url).pathname.slice(1);
});
afterEach(() => database.drop());

const onPostgres = (statement: string) => onServer(inject('databaseUrl'), statement);
const endConnections = () =>
  onPostgres(`select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`);

async function withoutDatabase(work: () => Promise<void>): Promise<void> {
  await onPostgres(`alter database ${name} with allow_connections false`);
  try {
    await endConnections();
    await work();
  } finally {
    await onPostgres(`alter database ${name} with allow_connections true`);
  }
}

const SIGN_IN = `mutation ($identifier: String!) { startSignIn(input: { identifier: $identifier }) { __typename } }`;

const startSignIn = (client: TestClient): Promise<GraphQLAnswer> =>
  client.graphql(SIGN_IN, { identifier: 'jane@example.com' });

function expectUnavailable({ status, headers, errors, text }: GraphQLAnswer): void {
  expect(status).toBe(503);
  expect(headers.get('retry-after')).toBe('5');
  expect(errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE', retryAfterSeconds: 5 } }]);
  expect(text).not.toMatch(/connection|stepgate_|read-only|terminat|\.ts/i);
}

async function ready(app: TestApp): Promise<[number, unknown]> {
  const answer = await fetch(`${app.url}/readyz`);
  return [answer.status, await answer.json()];
}

describe('a database that is away', () => {
  test('is HTTP 503 UNAVAILABLE wherever it is met, and the log says so in a line without a stack', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    const { accessToken } = await client.signUp();
    await withoutDatabase(async () => {
      expectUnavailable(await startSignIn(client));
      // Here it is the session that cannot be looked up, before any field runs.
      expectUnavailable(await client.graphql('{ viewer { id } }', {}, accessToken));
      expectUnavailable(await client.graphql('{ __typename }', {}, accessToken));
      expect(await ready(app)).toEqual([503, { status: 'not ready' }]);
      const inbox = await fetch(`${app.url}/dev/inbox.json`);
      expect(inbox.status).toBe(503);
      expect(await inbox.json()).toMatchObject({ errors: [{ extensions: { code: 'UNAVAILABLE' } }] });
    });
    expect((await startSignIn(client)).data.startSignIn).toEqual({ __typename: 'SignIn' });
    expect(await ready(app)).toEqual([200, { status: 'ready' }]);
    const lines = app.log.filter((line) => line.includes('the database is unavailable'));
    expect(lines.length).toBeGreaterThanOrEqual(4);
    for (const line of lines) expect(line).not.toContain('stack');
  });

  test('takes nothing from whoever need not ask it', async () => {
    await using app = await startTestApp({}, database.url);
    await withoutDatabase(async () => {
      expect(await new TestClient(app).graphql('{ __typename }')).toMatchObject({ status: 200, errors: [] });
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    });
  });
});

describe('a database that only reads', () => {
  const readOnly = (is: 'on' | 'off') =>
    onPostgres(`alter database ${name} set default_transaction_read_only to ${is}`);

  test('is not ready, and its connections are given up: it serves as soon as it writes again', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    const { accessToken } = await client.signUp();
    await readOnly('on');
    await endConnections();
    await vi.waitFor(async () => expect(await ready(app)).toEqual([503, { status: 'not ready' }]));
    expect((await client.graphql('{ viewer { id } }', {}, accessToken)).errors).toEqual([]);
    // By now there are connections that read only, for as long as they live.
    await readOnly('off');
    expectUnavailable(await startSignIn(client));
    expect((await startSignIn(client)).data.startSignIn).toEqual({ __typename: 'SignIn' });
    expect(await ready(app)).toEqual([200, { status: 'ready' }]);
  });

  test('is told to the operator in a sentence when the server starts', async () => {
    await readOnly('on');
    await expect(startTestApp({}, database.url)).rejects.toThrow(/\(25006\).*accepts writes\.$/);
  });
});

const endOf = (client: ClientBase): Promise<void> => new Promise((done) => client.once('end', () => done()));

describe('a connection that the server ends', () => {
  test('while it is idle, ends no process: the pools, the queue and a lock live on or notice', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    await client.signUp();
    await using lock = await tryExclusive(database.url, 'a test');
    expect(lock).not.toBeNull();
    const single = await openClient(database.url, 'test');
    const ended = endOf(single);
    await endConnections();
    await ended;
    // An error that nobody listens to would have failed this run by now.
    await vi.waitFor(async () => expect((await client.signUp()).accessToken).not.toBe(''));
  });

  test('while it is lent and nothing runs on it, ends no process, and it is not lent again', async () => {
    const orm = await openOrm(database.url);
    try {
      const pool = await poolOf(orm);
      const client = await pool.connect();
      const ended = endOf(client);
      await endConnections();
      await ended;
      await expect(client.query('select 1')).rejects.toThrow(/not queryable/);
      client.release();
      expect((await pool.query('select 1 as n')).rows).toEqual([{ n: 1 }]);
    } finally {
      await orm.close();
    }
  });
});

test('whoever waits too long for a lock is told to come again, and the connection stays', async () => {
  await using app = await startTestApp({}, database.url);
  const client = new TestClient(app);
  const { email } = await client.signUp();
  const { id } = await client.startSignIn({ identifier: email });
  const holder = await openClient(database.url, 'test');
  await holder.query('begin');
  await holder.query('select id from workflow for update');
  try {
    await expect(client.attempt(id, { password: PASSWORD })).rejects.toMatchObject({
      problem: { extensions: { code: 'UNAVAILABLE' } },
    });
  } finally {
    await holder.query('rollback');
    await holder.end();
  }
  expect((await client.attempt(id, { password: PASSWORD })).status).toBe('COMPLETE');
});

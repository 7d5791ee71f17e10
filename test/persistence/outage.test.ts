// A database that is unreachable or read-only, or that closes connections: clients are told to retry, the process keeps
// running, and it serves again as soon as the database does.
import type { ClientBase } from 'pg';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { openClient } from '../../src/persistence/connection.ts';
import { tryExclusive } from '../../src/persistence/exclusive.ts';
import { openOrm, poolOf } from '../../src/persistence/orm.ts';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { type GraphQLAnswer, PASSWORD, TestClient } from '../harness/client.ts';
import { databaseServer, onServer } from '../harness/database.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;
let name: string;

beforeEach(async () => {
  database = await testDatabase();
  name = new URL(database.url).pathname.slice(1);
});
afterEach(() => database.drop());

const onPostgres = async (statement: string) => onServer((await databaseServer()).url, statement);
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

describe('an unreachable database', () => {
  test('results in HTTP 503 UNAVAILABLE everywhere, and in a log line without a stack trace', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    const { accessToken } = await client.signUp();
    await withoutDatabase(async () => {
      expectUnavailable(await startSignIn(client));
      // Here the lookup of the session fails, before any field runs.
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

  test('does not affect requests that need no database', async () => {
    await using app = await startTestApp({}, database.url);
    await withoutDatabase(async () => {
      expect(await new TestClient(app).graphql('{ __typename }')).toMatchObject({ status: 200, errors: [] });
      expect((await fetch(`${app.url}/healthz`)).status).toBe(200);
    });
  });
});

describe('a read-only database', () => {
  const readOnly = (is: 'on' | 'off') =>
    onPostgres(`alter database ${name} set default_transaction_read_only to ${is}`);

  test('is not ready, and its connections are closed, so that it serves as soon as it is writable again', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    const { accessToken } = await client.signUp();
    await readOnly('on');
    await endConnections();
    await vi.waitFor(async () => expect(await ready(app)).toEqual([503, { status: 'not ready' }]));
    expect((await client.graphql('{ viewer { id } }', {}, accessToken)).errors).toEqual([]);
    // The open connections stay read-only.
    await readOnly('off');
    expectUnavailable(await startSignIn(client));
    expect((await startSignIn(client)).data.startSignIn).toEqual({ __typename: 'SignIn' });
    expect(await ready(app)).toEqual([200, { status: 'ready' }]);
  });

  test('stops the start of the server with a message', async () => {
    await readOnly('on');
    await expect(startTestApp({}, database.url)).rejects.toThrow(/\(25006\).*accepts writes\.$/);
  });
});

const endOf = (client: ClientBase): Promise<void> => new Promise((done) => client.once('end', () => done()));

describe('a connection that PostgreSQL closes', () => {
  test('while it is idle does not end the process: pools, queue and locks recover', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    await client.signUp();
    await using lock = await tryExclusive(database.url, 'a test');
    expect(lock).not.toBeNull();
    const single = await openClient(database.url, 'test');
    const ended = endOf(single);
    await endConnections();
    await ended;
    // An unhandled error would have failed this run by now.
    await vi.waitFor(async () => expect((await client.signUp()).accessToken).not.toBe(''));
  });

  test('while it is checked out and idle does not end the process, and is not reused', async () => {
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

test('a lock timeout results in UNAVAILABLE, and the connection stays usable', async () => {
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

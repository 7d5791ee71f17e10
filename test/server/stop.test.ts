// Shutdown: running requests are answered, idle connections are closed and new ones are refused.
import { once } from 'node:events';
import { connect, type Socket } from 'node:net';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { type GraphQLAnswer, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const ATTEMPT = `mutation ($id: ID!) {
  attemptFactor(input: { workflowId: $id, proof: { password: "wrong" } }) { __typename }
}`;

let database: Awaited<ReturnType<typeof testDatabase>>;
let app: TestApp;
const sockets: Socket[] = [];

beforeEach(async () => {
  database = await testDatabase();
  app = await startTestApp({ BCRYPT_COST: '12' }, database.url);
});
afterEach(async () => {
  for (const socket of sockets.splice(0)) socket.destroy();
  await app.app.stop().catch(() => {}); // if a test failed before it stopped the app
  await database.drop();
});

/** A connection that sends these bytes and then waits. */
async function open(text = ''): Promise<Socket> {
  const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
  socket.on('error', () => {});
  sockets.push(socket);
  await once(socket, 'connect');
  if (text !== '') socket.write(text);
  return socket;
}

async function closed(socket: Socket): Promise<void> {
  socket.resume();
  if (!socket.closed) await once(socket, 'close');
}

/** A sign-in whose password is being hashed. */
async function hashing(): Promise<{ answer: Promise<GraphQLAnswer> }> {
  const client = new TestClient(app);
  const { id } = await client.startSignIn({ identifier: 'nobody@example.com' });
  const answer = client.graphql(ATTEMPT, { id });
  // The attempt is counted and committed just before hashing begins.
  const claimed = 'select id from workflow where attempts = 1';
  await vi.waitFor(async () => expect(await query(database.url, claimed)).toHaveLength(1), { interval: 5 });
  return { answer };
}

describe('stopping the server', () => {
  test('lets a sign-in that is being hashed finish, and refuses new requests', async () => {
    const { answer } = await hashing();
    const stopped = app.app.stop();
    await expect(open()).rejects.toThrow(/ECONNREFUSED/);
    const { status, data, headers } = await answer;
    expect(status).toBe(200);
    expect(data.attemptFactor).toEqual({ __typename: 'ProofRejected' });
    expect(headers.get('connection')).toBe('close');
    await stopped;
  });

  test('closes idle connections immediately and waits for busy ones', async () => {
    const idle = [await open(), await open('GET /healthz HTTP/1.1\r\nhost: h\r\n')];
    const kept = await open('GET /healthz HTTP/1.1\r\nhost: h\r\n\r\n');
    await once(kept, 'data');
    const { answer } = await hashing();
    let isAnswered = false;
    const answered = answer.then(({ status }) => {
      isAnswered = true;
      return status;
    });
    const stopped = app.app.stop();
    await Promise.all([...idle, kept].map(closed));
    expect(isAnswered).toBe(false);
    expect(await answered).toBe(200);
    await stopped;
  });

  test('closes all connections to the database', async () => {
    await app.app.stop();
    const name = new URL(database.url).pathname.slice(1);
    const connections = 'select pid from pg_stat_activity where datname = $1';
    await vi.waitFor(async () =>
      expect(await query(database.url.replace(name, 'postgres'), connections, [name])).toEqual([]),
    );
  });
});

test('while draining, the server reports that it is not ready but keeps serving, and then closes the port', async () => {
  await using draining = await startTestApp({ DRAIN_SECONDS: '2' }, database.url);
  const client = new TestClient(draining);
  const ready = async (): Promise<number> => (await fetch(`${draining.url}/readyz`)).status;
  expect(await ready()).toBe(200);
  const startedAt = performance.now();
  let isStopped = false;
  const stopped = draining.app.stop().then(() => (isStopped = true));
  expect(await ready()).toBe(503);
  expect((await fetch(`${draining.url}/healthz`)).status).toBe(200);
  expect((await client.startSignIn({ identifier: 'nobody@example.com' })).status).toBe('NEEDS_FIRST_FACTOR');
  expect(isStopped).toBe(false);
  await stopped;
  expect(performance.now() - startedAt).toBeGreaterThanOrEqual(1990);
  await expect(ready()).rejects.toThrow();
});

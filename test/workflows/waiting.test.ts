// Clients that wait for a workflow: they learn at once what happens elsewhere, at any node, and nothing that `workflow`
// would not tell them. A lost wake-up, a lost connection and a shutdown do not matter.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { EventStream } from '../harness/event-stream.ts';
import { query } from '../harness/sql.ts';

const SUBSCRIPTION = `subscription ($id: ID!) {
  workflow(id: $id) { __typename id status challenge { factor approvedAt } ... on SignIn { session { accessToken } } }
}`;

let app: TestApp;
let other: TestApp;
let client: TestClient;
let elsewhere: TestClient;
let person: Person;

beforeAll(async () => {
  app = await startTestApp();
  other = await startTestApp({}, app.databaseUrl, app.clock);
  client = new TestClient(app);
  elsewhere = new TestClient(other);
  person = await client.signUp();
});
afterAll(async () => {
  await other[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

const waitFor = (id: string, { url }: { url: string } = app, headers: Record<string, string> = {}) =>
  EventStream.open(url, { query: SUBSCRIPTION, variables: { id } }, headers);

/** A sign-in that waits for its link. */
async function linkSignIn(): Promise<{ id: string; token: string }> {
  const { id } = await client.startSignIn({ identifier: person.email });
  await client.prepare(id, 'EMAIL_LINK');
  return { id, token: await client.linkFor(person.email) };
}

const listeners = (): Promise<{ pid: number }[]> =>
  query(
    app.databaseUrl,
    `select pid from pg_stat_activity where datname = current_database() and application_name = 'stepgate listener'
      and query like 'listen%' and state = 'idle'`,
  );

async function listening(nodes: number): Promise<void> {
  await vi.waitFor(async () => expect(await listeners()).toHaveLength(nodes), {
    interval: 20,
    timeout: 5000,
  });
}

/** Instead of the time between two reads. */
const wakeAll = (): Promise<unknown> =>
  query(app.databaseUrl, `select pg_notify('stepgate_workflow', id) from workflow`);

/** Asks for a new proof in any case. */
const STEP_UP = { require: 'STRONGEST_ENROLLED' };

describe('a client that waits', () => {
  test('is given the state now, and the approval of a link at once, at the node of the approval and at another one', async () => {
    expect(await listeners()).toHaveLength(0); // no connection before somebody waits
    const { id, token } = await linkSignIn();
    await using here = await waitFor(id);
    await using there = await waitFor(id, other);
    for (const stream of [here, there]) {
      expect(stream.response.headers.get('content-type')).toContain('text/event-stream');
      const first = await stream.next();
      expect(first?.data.workflow).toEqual({
        __typename: 'SignIn',
        id,
        status: 'NEEDS_FIRST_FACTOR',
        challenge: { factor: 'EMAIL_LINK', approvedAt: null },
        session: null,
      });
    }
    await listening(2); // one for each node
    const startedAt = performance.now();
    await elsewhere.approve(token);
    for (const stream of [here, there]) {
      const second = await stream.next();
      expect(second?.data.workflow.challenge.approvedAt).not.toBe(null);
      expect(second?.data.workflow.session).toBe(null);
    }
    // Far less than the time between two reads.
    expect(performance.now() - startedAt).toBeLessThan(5000);
    // The holder gets the session, and whoever only listens gets no tokens.
    expect((await client.attempt(id, { linkApproved: true })).status).toBe('COMPLETE');
    await wakeAll();
    for (const stream of [here, there]) {
      expect((await stream.next())?.data.workflow).toMatchObject({ status: 'COMPLETE', session: null });
      expect(await stream.next()).toBe(null);
    }
  });

  test('learns that its link was rejected, which ends the stream', async () => {
    const { id, token } = await linkSignIn();
    await using stream = await waitFor(id, other);
    await stream.next();
    await client.graphql('mutation ($token: String!) { rejectLink(token: $token) { __typename } }', {
      token,
    });
    expect((await stream.next())?.data.workflow.status).toBe('EXPIRED');
    expect(await stream.next()).toBe(null);
  });

  test('reads again when the killed listener has reconnected, so that a wake-up meanwhile is not lost', async () => {
    const { id, token } = await linkSignIn();
    await using stream = await waitFor(id, other);
    await stream.next();
    await listening(2);
    const [before] = await query<{ pid: number }>(
      app.databaseUrl,
      `select pg_terminate_backend(pid), pid from pg_stat_activity where application_name = 'stepgate listener' and datname = current_database()`,
    );
    expect(before).toBeDefined();
    await client.approve(token);
    expect((await stream.next())?.data.workflow.challenge.approvedAt).not.toBe(null);
    await listening(1); // nobody waits at the other node, so it does not connect again
  });

  test('is at the end of its stream when the workflow expires', async () => {
    const { id } = await client.startSignIn({ identifier: person.email });
    await using stream = await waitFor(id);
    await stream.next();
    await listening(2);
    app.clock.advance(901);
    await wakeAll();
    expect((await stream.next())?.data.workflow.status).toBe('EXPIRED');
    expect(await stream.next()).toBe(null);
  });
});

describe('what a waiting client is not told', () => {
  test('a decoy waits like a sign-in of an account that exists', async () => {
    const decoy = await client.startSignIn({ identifier: 'nobody@example.com' });
    await client.prepare(decoy.id, 'EMAIL_LINK');
    const real = await linkSignIn();
    await using one = await waitFor(decoy.id);
    await using two = await waitFor(real.id);
    const without = (text: unknown, id: string) => JSON.stringify(text).replaceAll(id, '');
    expect(without(await one.next(), decoy.id)).toBe(without(await two.next(), real.id));
    expect([one.isIdle, two.isIdle]).toEqual([true, true]);
  });

  test('an unknown id, and a workflow of another session, are null, and nothing is kept for them', async () => {
    const tokens = await client.signIn(person);
    const { id } = await client.startStepUp(STEP_UP, tokens.accessToken);
    for (const [asked, headers] of [
      ['x'.repeat(43), {}],
      ['not an id', {}],
      [id, {}],
      [id, { authorization: `Bearer ${(await client.signUp()).accessToken}` }],
    ] as const) {
      await using stream = await waitFor(asked, app, headers);
      expect(await stream.next()).toEqual({ data: { workflow: null } });
      expect(await stream.next()).toBe(null);
    }
    await using own = await waitFor(id, app, { authorization: `Bearer ${tokens.accessToken}` });
    expect((await own.next())?.data.workflow.status).toBe('NEEDS_PROOF');
  });

  test('the step-up of a session that has ended meanwhile', async () => {
    const { accessToken } = await client.signIn(person);
    const { id } = await client.startStepUp(STEP_UP, accessToken);
    await using stream = await waitFor(id, app, { authorization: `Bearer ${accessToken}` });
    expect((await stream.next())?.data.workflow.status).toBe('NEEDS_PROOF');
    await listening(2);
    await client.graphql('mutation { signOut { __typename } }', {}, accessToken);
    await wakeAll();
    expect(await stream.next()).toEqual({ data: { workflow: null } });
    expect(await stream.next()).toBe(null);
  });

  test('a wake-up names the stored digest of the id, never the id that its holder has', async () => {
    const { id, token } = await linkSignIn();
    const { default: pg } = await import('pg');
    const spy = new pg.Client({ connectionString: app.databaseUrl });
    await spy.connect();
    const heard: string[] = [];
    spy.on('notification', ({ payload = '' }) => heard.push(payload));
    await spy.query('listen stepgate_workflow');
    await client.approve(token);
    await vi.waitFor(() => expect(heard).toHaveLength(1), { interval: 10, timeout: 5000 });
    await spy.end();
    expect(heard[0]).not.toContain(id);
    expect(await query(app.databaseUrl, 'select id from workflow where id = $1', [heard[0]])).toHaveLength(1);
    // One who has only heard it can neither read nor wait.
    await using stream = await waitFor(heard[0] ?? '');
    expect(await stream.next()).toEqual({ data: { workflow: null } });
  });
});

describe('limits', () => {
  test('a fourth client of one workflow is refused until one of the others has gone', async () => {
    const { id } = await client.startSignIn({ identifier: person.email });
    const streams = await Promise.all([waitFor(id), waitFor(id), waitFor(id)]);
    for (const stream of streams) expect((await stream.next())?.data.workflow.id).toBe(id);
    await using refused = await waitFor(id);
    expect((await refused.next())?.errors?.[0]?.extensions).toMatchObject({
      code: 'TOO_MANY_WAITING',
      retryAfterSeconds: 20,
    });
    streams[0]?.close();
    await vi.waitFor(
      async () => {
        await using retried = await waitFor(id);
        expect((await retried.next())?.data?.workflow.id).toBe(id);
      },
      { interval: 50, timeout: 5000 },
    );
    for (const stream of streams) stream.close();
  });

  test('a subscription in a URL, in a batch, or for a client that takes no stream is refused', async () => {
    const body = { query: SUBSCRIPTION, variables: { id: 'x' } };
    const plain = await client.graphql(body.query, body.variables);
    expect([plain.status, plain.errors[0]?.extensions.code]).toEqual([406, 'NOT_ACCEPTABLE']);
    const accept = { accept: 'text/event-stream, application/json' };
    const batch = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', ...accept },
      body: JSON.stringify([body]),
    });
    expect(await batch.json()).toMatchObject([{ errors: [{ extensions: { code: 'BAD_REQUEST' } }] }]);
    const url = `${app.url}/graphql?query=${encodeURIComponent(body.query)}&variables=${encodeURIComponent('{"id":"x"}')}`;
    const inUrl = await fetch(url, { headers: { ...accept, 'x-graphql-yoga-csrf': '1' } });
    expect(inUrl.status).toBe(405);
  });

  test('a page of another origin, or a form, cannot subscribe', async () => {
    const response = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'text/plain', accept: 'text/event-stream' },
      body: JSON.stringify({ query: SUBSCRIPTION, variables: { id: 'x' } }),
    });
    expect(await response.text()).not.toContain('"data"');
    await using foreign = await waitFor('x'.repeat(43), app, { origin: 'https://evil.example' });
    expect(foreign.response.headers.get('access-control-allow-origin')).toBe(null);
  });
});

test('a server that stops completes the streams, and keeps no connection', async () => {
  const stopping = await startTestApp({}, app.databaseUrl, app.clock);
  const { id } = await client.startSignIn({ identifier: person.email });
  await using stream = await waitFor(id, stopping);
  await stream.next();
  await listening(3);
  const startedAt = performance.now();
  await stopping[Symbol.asyncDispose]();
  expect(performance.now() - startedAt).toBeLessThan(5000);
  expect(await stream.next()).toBe(null);
  await listening(2);
});

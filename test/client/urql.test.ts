// The exchange for urql, tested with a real urql client. It behaves like the client’s own requests.
import { inspect } from 'node:util';
import { Client, cacheExchange, fetchExchange, gql } from '@urql/core';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import type { StepgateClientOptions } from '../../src/client/index.ts';
import { stepgateExchange } from '../../src/client/urql.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient, type Tokens } from '../harness/client.ts';
import { type ForeignApi, foreignApi } from './foreign-api.ts';
import { AUDIT_EVENTS, clientOf, guarded, NEW_CODES, Network, typing, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;
let api: ForeignApi;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
  api = await foreignApi();
});
afterAll(async () => {
  await api[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});

async function urqlOf(
  tokens: Tokens,
  options: Partial<StepgateClientOptions> = {},
  url = `${app.url}/graphql`,
) {
  const { client, network: own } = await clientOf(app, tokens, options);
  const network = new Network();
  const urql = new Client({
    url,
    fetch: network.fetch,
    preferGetMethod: false,
    fetchSubscriptions: true,
    exchanges: [cacheExchange, stepgateExchange(client), fetchExchange],
    fetchOptions: { headers: { 'x-mine': '1' } },
  });
  return { urql, client, network, own };
}

describe('with urql', () => {
  test('one refresh serves fifty parallel operations that are refused for an expired token', async () => {
    const { urql, own, network } = await urqlOf(await server.signUp());
    app.clock.advance(700);
    const answers = await Promise.all(
      Array.from({ length: 50 }, (_, one) => urql.query(gql(`query Q${one} ${VIEWER}`), {}).toPromise()),
    );
    for (const { data, error } of answers) {
      expect(error).toBeUndefined();
      expect(data).toMatchObject({ viewer: { id: expect.any(String) } });
    }
    expect(own.count('refreshSession')).toBe(1);
    expect(network.sent).toHaveLength(100);
    expect(network.sent[0]?.headers.get('x-mine')).toBe('1'); // the application's own headers stay
  });

  test('one step-up serves a refused query and a refused mutation, each sent again once', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { urql, network } = await urqlOf(tokens, { onStepUp });
    const [events, codes] = await Promise.all([
      urql.query(AUDIT_EVENTS, {}).toPromise(),
      urql.mutation(NEW_CODES, {}).toPromise(),
    ]);
    expect(events.error).toBeUndefined();
    expect(events.data.viewer.auditEvents.length).toBeGreaterThan(0);
    expect(codes.data.regenerateBackupCodes.codes).toHaveLength(10);
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(network.count('auditEvents')).toBe(2);
    expect(network.count('regenerateBackupCodes')).toBe(2);
  });

  test('equal mutations are separate: each is sent again once and has its own result', async () => {
    const { tokens, secret } = await guarded(server);
    const { urql, network } = await urqlOf(tokens, { onStepUp: typing(app, server, secret) });
    const answers = await Promise.all([
      urql.mutation(NEW_CODES, {}).toPromise(),
      urql.mutation(NEW_CODES, {}).toPromise(),
    ]);
    const [one, other] = answers.map(({ data }) => data.regenerateBackupCodes.codes.join());
    expect(one).not.toBe(other);
    expect(network.count('regenerateBackupCodes')).toBe(4);
  });

  test('after a cancelled prompt, the caller gets the refusal and the partial data', async () => {
    const { tokens } = await guarded(server);
    const { urql, network } = await urqlOf(tokens, { onStepUp: ({ workflow }) => workflow.cancel() });
    const { data, error } = await urql.query(AUDIT_EVENTS, {}).toPromise();
    expect(data).toMatchObject({ viewer: { id: expect.any(String), auditEvents: null } });
    expect(error?.graphQLErrors[0]?.extensions['code']).toBe('STEP_UP_REQUIRED');
    const mutation = await urql.mutation(NEW_CODES, {}).toPromise();
    expect(mutation.error?.graphQLErrors[0]?.extensions['code']).toBe('STEP_UP_REQUIRED');
    expect(network.sent).toHaveLength(2);
  });

  test('an unsubscribed operation is not sent again', async () => {
    const { tokens, secret } = await guarded(server);
    const prove = typing(app, server, secret);
    const prompted = Promise.withResolvers<void>();
    const proved = Promise.withResolvers<void>();
    const { urql, network } = await urqlOf(tokens, {
      onStepUp: async (prompt) => {
        prompted.resolve();
        await new Promise((resolve) => setTimeout(resolve, 50));
        await prove(prompt);
        setTimeout(proved.resolve, 100);
      },
    });
    const { unsubscribe } = urql.query(AUDIT_EVENTS, {}).subscribe(() => {});
    await prompted.promise;
    unsubscribe();
    await proved.promise;
    expect(prove).toHaveBeenCalledTimes(1);
    expect(network.count('auditEvents')).toBe(1);
    // The exchange still serves the next one.
    expect((await urql.query(AUDIT_EVENTS, {}).toPromise()).error).toBeUndefined();
  });

  test('a network error, also of a refresh, is passed on to the caller', async () => {
    const { urql } = await urqlOf(await server.signUp(), {}, 'http://127.0.0.1:1/graphql');
    expect((await urql.query(VIEWER, {}).toPromise()).error?.networkError?.message).toBe('fetch failed');

    const failing = await urqlOf(await server.signUp(), {
      fetch: () => Promise.reject(new TypeError('no way to Stepgate')),
    });
    app.clock.advance(700);
    const { error } = await failing.urql.query(VIEWER, {}).toPromise();
    expect(error?.networkError?.message).toBe('no way to Stepgate');
  });

  test('a session revoked elsewhere calls onSignedOut, and the caller gets the refusal', async () => {
    const person = await server.signUp();
    const onSignedOut = vi.fn();
    const { urql } = await urqlOf(person, { onSignedOut });
    const other = await server.signIn(person);
    await server.graphql('mutation { revokeOtherSessions { count } }', {}, other.accessToken);
    const { error } = await urql.query(VIEWER, {}).toPromise();
    expect(error?.graphQLErrors[0]?.extensions['code']).toBe('UNAUTHENTICATED');
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  test('in cookie mode, an API on another host is an error that says so, and nothing is sent', async () => {
    const { client } = await clientOf(app, null, { mode: 'cookie' });
    const network = new Network();
    const urql = new Client({
      url: 'https://api.example.com/graphql',
      exchanges: [stepgateExchange(client), fetchExchange],
      fetch: network.fetch,
      preferGetMethod: false,
    });
    const { error } = await urql.query('{ viewer { id } }', {}).toPromise();
    expect(error?.networkError).toMatchObject({ code: 'OTHER_HOST' });
    expect(network.sent).toHaveLength(0);
  });

  test('results that an application may print contain no token', async () => {
    const person = await server.signUp();
    const { urql, network } = await urqlOf(person);
    const answer = await urql.query(AUDIT_EVENTS, {}).toPromise();
    expect(answer.error).toBeDefined();
    const { operation, ...rest } = answer;
    const printed = inspect([operation.context, operation.variables, rest], { depth: 8 });
    expect(network.sent[0]?.headers.get('authorization')).toBe(`Bearer ${person.accessToken}`);
    expect(printed).not.toContain(person.accessToken);
  });
});

test('a subscription is passed through, and a refused one is sent again once', async () => {
  const { tokens, secret } = await guarded(server);
  const onStepUp = typing(app, server, secret);
  const { urql, network } = await urqlOf(tokens, { onStepUp }, api.url);
  const subscribed = (text: string): Promise<unknown[]> =>
    new Promise((resolve) => {
      const seen: unknown[] = [];
      const { unsubscribe } = urql.subscription(text, {}).subscribe(({ data, error }) => {
        seen.push(data ?? error?.graphQLErrors[0]?.extensions['code']);
        if (seen.length < 3 && error === undefined) return;
        resolve(seen);
        setTimeout(() => unsubscribe());
      });
    });
  expect(await subscribed('subscription { ticks }')).toEqual([{ ticks: 1 }, { ticks: 2 }, { ticks: 3 }]);
  expect(onStepUp).not.toHaveBeenCalled();
  expect(await subscribed('subscription { secretTicks }')).toEqual(['STEP_UP_REQUIRED']);
  expect(onStepUp).toHaveBeenCalledTimes(1);
  expect(network.count('secretTicks')).toBe(2);
});

test.each([
  'mutation { rename { id secret } }',
  'mutation { rename { id certain } }',
  'mutation { rename { id } remove }',
  'mutation { rename { id } erase }',
])('a mutation that has partly run is never sent twice: %s', async (text) => {
  const { tokens, secret } = await guarded(server);
  const onStepUp = typing(app, server, secret);
  const { urql, network } = await urqlOf(tokens, { onStepUp }, api.url);
  api.ran.length = 0;
  const { error } = await urql.mutation(text, {}).toPromise();
  expect(error?.graphQLErrors).not.toEqual([]);
  expect(onStepUp).not.toHaveBeenCalled();
  expect(network.sent).toHaveLength(1);
  expect(api.ran).toEqual(['rename']);
});

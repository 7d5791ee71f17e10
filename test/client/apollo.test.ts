// The link for Apollo Client, tested with a real Apollo Client. It behaves like the client’s own requests.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { createStepgateLink } from '../../src/client/apollo.ts';
import type { StepgateClientOptions } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient, type Tokens } from '../harness/client.ts';
import { type ForeignApi, foreignApi } from './foreign-api.ts';
import { clientOf, guarded, Network, typing } from './people.ts';

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

const VIEWER = gql`query Viewer { viewer { id } }`;
const AUDIT_EVENTS = gql`query Events { viewer { id auditEvents { id type } } }`;
const NEW_CODES = gql`mutation NewCodes { regenerateBackupCodes { codes } }`;

async function apolloOf(
  tokens: Tokens,
  options: Partial<StepgateClientOptions> = {},
  uri = `${app.url}/graphql`,
) {
  const { client, network: own } = await clientOf(app, tokens, options);
  const network = new Network();
  const apollo = new ApolloClient({
    cache: new InMemoryCache(),
    link: ApolloLink.from([createStepgateLink(client), new HttpLink({ uri, fetch: network.fetch })]),
  });
  return { apollo, client, network, own };
}

describe('with Apollo Client', () => {
  test('one refresh serves fifty parallel operations that are refused for an expired token', async () => {
    const { apollo, own, network } = await apolloOf(await server.signUp());
    app.clock.advance(700);
    const answers = await Promise.all(
      Array.from({ length: 50 }, () =>
        apollo.query({
          query: VIEWER,
          fetchPolicy: 'no-cache',
          context: { queryDeduplication: false, headers: { 'x-mine': '1' } },
        }),
      ),
    );
    for (const { data } of answers) expect(data).toMatchObject({ viewer: { id: expect.any(String) } });
    expect(own.count('refreshSession')).toBe(1);
    expect(network.sent).toHaveLength(100);
    expect(network.sent[0]?.headers.get('x-mine')).toBe('1'); // the application's own headers stay
  });

  test('one step-up serves a refused query and a refused mutation, each sent again once', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { apollo, network } = await apolloOf(tokens, { onStepUp });
    const [events, codes] = await Promise.all([
      apollo.query<{ viewer: { auditEvents: object[] } }>({ query: AUDIT_EVENTS }),
      apollo.mutate<{ regenerateBackupCodes: { codes: string[] } }>({ mutation: NEW_CODES }),
    ]);
    expect(events.data?.viewer.auditEvents.length).toBeGreaterThan(0);
    expect(codes.data?.regenerateBackupCodes.codes).toHaveLength(10);
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(network.count('auditEvents')).toBe(2);
    expect(network.count('regenerateBackupCodes')).toBe(2);
  });

  test('after a cancelled prompt, the caller gets the refusal and the partial data', async () => {
    const { tokens } = await guarded(server);
    const { apollo, network } = await apolloOf(tokens, { onStepUp: ({ workflow }) => workflow.cancel() });
    const { data, error } = await apollo.query({ query: AUDIT_EVENTS, errorPolicy: 'all' });
    expect(data).toMatchObject({ viewer: { id: expect.any(String), auditEvents: null } });
    expect(CombinedGraphQLErrors.is(error) && error.errors[0]?.extensions?.['code']).toBe('STEP_UP_REQUIRED');
    await expect(apollo.mutate({ mutation: NEW_CODES })).rejects.toThrow('Verify your identity');
    expect(network.sent).toHaveLength(2);
  });

  test('an unsubscribed operation is not sent again', async () => {
    const { tokens, secret } = await guarded(server);
    const prove = typing(app, server, secret);
    const prompted = Promise.withResolvers<void>();
    const proved = Promise.withResolvers<void>();
    const { apollo, network } = await apolloOf(tokens, {
      onStepUp: async (prompt) => {
        prompted.resolve();
        await new Promise((resolve) => setTimeout(resolve, 50));
        await prove(prompt);
        setTimeout(proved.resolve, 100);
      },
    });
    const subscription = apollo.watchQuery({ query: AUDIT_EVENTS }).subscribe({});
    await prompted.promise;
    subscription.unsubscribe();
    await proved.promise;
    expect(prove).toHaveBeenCalledTimes(1);
    expect(network.count('auditEvents')).toBe(1);
  });

  test('a network error is passed on to the caller', async () => {
    const { apollo } = await apolloOf(await server.signUp(), {}, 'http://127.0.0.1:1/graphql');
    await expect(apollo.query({ query: VIEWER })).rejects.toThrow('fetch failed');
  });

  test('a session revoked elsewhere calls onSignedOut, and the caller gets the refusal', async () => {
    const person = await server.signUp();
    const onSignedOut = vi.fn();
    const { apollo } = await apolloOf(person, { onSignedOut });
    const other = await server.signIn(person);
    await server.graphql('mutation { revokeOtherSessions { count } }', {}, other.accessToken);
    await expect(apollo.query({ query: VIEWER })).rejects.toThrow('has ended');
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  test('a refusal with status 401 that is sent as application/json is read like any other', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { client } = await clientOf(app, tokens, { onStepUp });
    const asJson: typeof fetch = async (url, init) => {
      const headers = { ...(init?.headers as object), accept: 'application/graphql-response+json' };
      const response = await fetch(url, { ...init, headers });
      return new Response(response.body, {
        status: response.status,
        headers: { 'content-type': 'application/json' },
      });
    };
    const link = new HttpLink({ uri: `${app.url}/graphql`, fetch: asJson });
    const apollo = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([createStepgateLink(client), link]),
    });
    const { data } = await apollo.mutate<{ regenerateBackupCodes: object }>({ mutation: NEW_CODES });
    expect(data?.regenerateBackupCodes).toBeTruthy();
    expect(onStepUp).toHaveBeenCalledTimes(1);
    app.clock.advance(3600);
    onStepUp.mockImplementation(({ workflow }) => workflow.cancel());
    const refused = await apollo.mutate({ mutation: NEW_CODES }).catch((error: unknown) => error);
    expect(CombinedGraphQLErrors.is(refused)).toBe(true);
  });

  test('in cookie mode, an API on another host is an error that says so', async () => {
    const { client } = await clientOf(app, null, { mode: 'cookie' });
    const elsewhere: typeof fetch = async () => {
      const headers = { 'content-type': 'application/json' };
      const response = new Response('{"data":{"viewer":null}}', { headers });
      return Object.defineProperty(response, 'url', { value: 'https://api.example.com/graphql' });
    };
    const apollo = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([createStepgateLink(client), new HttpLink({ uri: '/x', fetch: elsewhere })]),
    });
    await expect(apollo.query({ query: VIEWER })).rejects.toThrow("use mode: 'hybrid'");
  });

  test('errors that an application may log contain no tokens', async () => {
    const person = await server.signUp();
    const { apollo } = await apolloOf(person);
    const error = await apollo.query({ query: AUDIT_EVENTS }).catch((problem: unknown) => problem);
    const { inspect } = await import('node:util');
    expect(inspect(error, { depth: 20 })).not.toContain(person.accessToken);
    expect(CombinedGraphQLErrors.is(error)).toBe(true);
  });
});

describe('a mutation of an API that refuses individual fields', () => {
  const document = {
    'ran, but a field of its result was refused': 'mutation { rename { id secret } }',
    'ran, but its result was nulled by a refused field': 'mutation { rename { id certain } }',
    'ran its first field': 'mutation { rename { id } remove }',
    'ran its first field, but all data was nulled': 'mutation { rename { id } erase }',
    'ran its first field, and whose token expired before the next': 'mutation { rename { id } expired }',
  };
  test.each(Object.entries(document))('that %s is never sent twice', async (_, text) => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { apollo, network } = await apolloOf(tokens, { onStepUp }, api.url);
    api.ran.length = 0;
    const { error } = await apollo.mutate({ mutation: gql(text), errorPolicy: 'all' });
    expect(error?.message).toContain('Refused.');
    expect(onStepUp).not.toHaveBeenCalled();
    expect(network.sent).toHaveLength(1);
    expect(api.ran).toEqual(['rename']);
  });

  test.each([
    'mutation { remove }',
    'mutation { a: remove b: remove }',
    'mutation { erase }',
    'query { open secret }',
  ])('is sent again after a step-up if nothing has run: %s', async (text) => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { apollo, network } = await apolloOf(tokens, { onStepUp }, api.url);
    const document = gql(text);
    await (text.startsWith('query')
      ? apollo.query({ query: document, errorPolicy: 'all' })
      : apollo.mutate({ mutation: document, errorPolicy: 'all' }));
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(network.sent).toHaveLength(2);
    expect(network.sent[0]?.headers.has('x-stepgate-device')).toBe(false);
  });
});

// A token contains the evidence its session had when it was signed. If a service refuses it, the session may have more
// by now, so the client refreshes the token before it prompts the user.
import { ApolloClient, ApolloLink, gql, HttpLink, InMemoryCache } from '@apollo/client';
import { CombinedGraphQLErrors } from '@apollo/client/errors';
import { Client, fetchExchange } from '@urql/core';
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createStepgateLink } from '../../src/client/apollo.ts';
import type {
  Answer as ClientAnswer,
  OnEnrollmentRequired,
  StepgateClient,
  StepgateClientOptions,
  StepUpPrompt,
} from '../../src/client/index.ts';
import { kindOf } from '../../src/client/operation.ts';
import { stepgateExchange } from '../../src/client/urql.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf } from '../sessions/operations.ts';
import { signIn } from './browser.ts';
import { type OfflineService, offlineService } from './offline-service.ts';
import { clientOf, codesOf, guarded, Network, typing } from './people.ts';

let app: TestApp;
let server: TestClient;
let service: OfflineService;

beforeAll(async () => {
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  server = new TestClient(app);
  service = await offlineService(app);
});
afterAll(async () => {
  await service[Symbol.asyncDispose]();
  await app[Symbol.asyncDispose]();
});
afterEach(() => vi.useRealTimers());

/** Advances only the client's clock, so that its tokens no longer count as just received. */
function aMomentLater(seconds = 11): void {
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + seconds * 1000);
}

/** Adds a second factor to the session without the client noticing. */
async function proveElsewhere({
  tokens,
  person,
  secret,
}: Awaited<ReturnType<typeof guarded>>): Promise<void> {
  app.clock.advance(30);
  const other = await server.signIn(person, { totp: server.totp(secret) });
  await query(
    app.databaseUrl,
    'update session set evidence = (select evidence from session where id = $2) where id = $1',
    [claimsOf(tokens.accessToken).sid, claimsOf(other.accessToken).sid],
  );
}

interface Answer {
  readonly data: unknown;
  readonly codes: readonly unknown[];
}

/** One way to send operations to the service. */
type Sender = (client: StepgateClient, network: Network) => (text: string) => Promise<Answer>;

const senders: Record<string, Sender> = {
  'the client': (client, network) => async (text) => {
    const answer = await client.perform({ kind: kindOf(text), query: text }, async ({ headers }) => {
      const init = {
        method: 'POST',
        headers: {
          ...headers,
          'content-type': 'application/json',
          accept: 'application/graphql-response+json',
        },
        body: JSON.stringify({ query: text }),
      };
      return (await network.fetch(service.url, init)).json() as Promise<ClientAnswer>;
    });
    return { data: answer.data, codes: codesOf(answer) };
  },
  'Apollo Client': (client, network) => {
    const apollo = new ApolloClient({
      cache: new InMemoryCache(),
      link: ApolloLink.from([
        createStepgateLink(client),
        new HttpLink({ uri: service.url, fetch: network.fetch }),
      ]),
    });
    return async (text) => {
      const options = { errorPolicy: 'all', fetchPolicy: 'no-cache' } as const;
      const { data, error } =
        kindOf(text) === 'mutation'
          ? await apollo.mutate({ ...options, mutation: gql(text) })
          : await apollo.query({ ...options, query: gql(text) });
      return { data, codes: CombinedGraphQLErrors.is(error) ? codesOf(error) : [] };
    };
  },
  urql: (client, network) => {
    const urql = new Client({
      url: service.url,
      fetch: network.fetch,
      preferGetMethod: false,
      exchanges: [stepgateExchange(client), fetchExchange],
    });
    return async (text) => {
      const { data, error } = await (kindOf(text) === 'mutation'
        ? urql.mutation(text, {})
        : urql.query(text, {}));
      return { data, codes: codesOf({ errors: error?.graphQLErrors ?? [] }) };
    };
  },
};

async function opened(send: Sender, tokens: Tokens, options: Partial<StepgateClientOptions> = {}) {
  const { client, network: own } = await clientOf(app, tokens, options);
  const network = new Network();
  return { client, own, network, ask: send(client, network) };
}

describe.each(Object.entries(senders))('with %s', (_, sender) => {
  test('one refresh is enough, without a prompt, if the session has proved a factor elsewhere', async () => {
    const somebody = await guarded(server);
    const onStepUp = vi.fn();
    const { ask, own, network } = await opened(sender, somebody.tokens, { onStepUp });
    await proveElsewhere(somebody);
    aMomentLater();
    const paid = service.paid;
    const answers = await Promise.all([
      ...Array.from({ length: 20 }, (_1, one) => ask(`query Q${one} { secret }`)),
      ask('mutation Pay { pay }'),
    ]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect(own.count('refreshSession')).toBe(1);
    expect(network.count('secret')).toBe(40);
    expect(service.paid).toBe(paid + 1);
    expect(onStepUp).not.toHaveBeenCalled();
  });

  test('otherwise the user is prompted once, after that one refresh, for all refused operations', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { ask, own, network } = await opened(sender, tokens, { onStepUp });
    aMomentLater();
    const answers = await Promise.all(
      Array.from({ length: 20 }, (_1, one) => ask(`query Q${one} { secret }`)),
    );
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect(own.count('refreshSession')).toBe(1);
    expect(network.count('secret')).toBe(60);
    expect(onStepUp).toHaveBeenCalledTimes(1);
  });

  test('a user who has enrolled in another session is prompted for a proof, not for enrollment', async () => {
    const person = await server.signUp();
    const onEnrollmentRequired = vi.fn<OnEnrollmentRequired>();
    let secret = '';
    const onStepUp = vi.fn(async ({ workflow }: StepUpPrompt) => {
      app.clock.advance(30);
      await workflow.attempt({ totp: server.totp(secret) });
    });
    const { ask, own } = await opened(sender, person, { onStepUp, onEnrollmentRequired });
    ({ secret } = await server.enrollTotp((await server.signIn(person)).accessToken));
    aMomentLater();
    expect(await ask('{ secret }')).toMatchObject({ data: { secret: 42 }, codes: [] });
    expect(own.count('refreshSession')).toBe(1);
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(onEnrollmentRequired).not.toHaveBeenCalled();
  });

  test('a user without a second factor is prompted once to enroll, and then the operations succeed', async () => {
    const person = await server.signUp();
    const onEnrollmentRequired = vi.fn<OnEnrollmentRequired>(async () => {
      const { tokens } = await server.enrollTotp((await client.accessToken()) ?? '');
      await client.setSession(tokens);
      return true;
    });
    const { ask, client, own } = await opened(sender, person, { onEnrollmentRequired });
    aMomentLater();
    const answers = await Promise.all([
      ask('query A { open secret }'),
      ask('query B { secret }'),
      ask('mutation M { pay }'),
    ]);
    expect(answers.flatMap(({ codes }) => codes)).toEqual([]);
    expect(onEnrollmentRequired).toHaveBeenCalledTimes(1);
    expect(onEnrollmentRequired.mock.lastCall?.[0].requirement).toMatchObject({ maxAge: 600 });
    expect(own.count('refreshSession')).toBe(1);
  });

  test('if the user does not enroll, the caller gets the refusal and the operation is not sent a third time', async () => {
    const person = await server.signUp();
    const onEnrollmentRequired = vi.fn();
    const { ask, own, network } = await opened(sender, person, { onEnrollmentRequired });
    aMomentLater();
    expect((await ask('{ secret }')).codes).toEqual(['ENROLLMENT_REQUIRED']);
    expect(onEnrollmentRequired).toHaveBeenCalledTimes(1);
    expect(own.count('refreshSession')).toBe(1);
    expect(network.sent).toHaveLength(2);
  });
});

const refusal = (code = 'STEP_UP_REQUIRED', more: object = {}) => ({
  errors: [{ message: 'Refused.', extensions: { code, maxAge: 600, accept: ['TOTP'], ...more } }],
});

describe('a refusal', () => {
  test('does not refresh tokens that were just received or refreshed', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    const refused = () => client.perform({ kind: 'query', query: '{ x }' }, async () => refusal());
    for (let sent = 0; sent < 5; sent += 1) await refused();
    expect(network.count('refreshSession')).toBe(0);
    aMomentLater();
    for (let sent = 0; sent < 5; sent += 1) await refused();
    expect(network.count('refreshSession')).toBe(1);
    aMomentLater();
    await refused();
    expect(network.count('refreshSession')).toBe(2);
  });

  test('with refreshSuffices: true refreshes even new tokens', async () => {
    const onStepUp = vi.fn();
    const { client, network } = await clientOf(app, await server.signUp(), { onStepUp });
    const first = await client.accessToken();
    const answer = await client.perform({ kind: 'query', query: '{ x }' }, async ({ headers }) =>
      headers['authorization'] === `Bearer ${first}`
        ? refusal('STEP_UP_REQUIRED', { refreshSuffices: true })
        : { errors: [] },
    );
    expect(codesOf(answer)).toEqual([]);
    expect(network.count('refreshSession')).toBe(1);
    expect(onStepUp).not.toHaveBeenCalled();
  });

  test('with refreshSuffices: false prompts the user without a refresh', async () => {
    const onEnrollmentRequired = vi.fn();
    const { client, network } = await clientOf(app, await server.signUp(), { onEnrollmentRequired });
    aMomentLater();
    await client.perform({ kind: 'query', query: '{ x }' }, async () =>
      refusal('ENROLLMENT_REQUIRED', { refreshSuffices: false }),
    );
    expect(network.count('refreshSession')).toBe(0);
    expect(onEnrollmentRequired).toHaveBeenCalledTimes(1);
  });

  test('does not loop if a server always responds with refreshSuffices: true', async () => {
    const { tokens, secret } = await guarded(server);
    const onStepUp = typing(app, server, secret);
    const { client, network } = await clientOf(app, tokens, { onStepUp });
    let sent = 0;
    await client.perform({ kind: 'query', query: '{ x }' }, async () => {
      sent += 1;
      return refusal('STEP_UP_REQUIRED', { refreshSuffices: true });
    });
    expect(sent).toBe(3);
    expect(network.count('refreshSession')).toBe(1);
    expect(onStepUp).toHaveBeenCalledTimes(1);
  });

  test('for a missing role does not refresh', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    aMomentLater();
    await client.perform({ kind: 'query', query: '{ x }' }, async () => refusal('FORBIDDEN'));
    expect(network.sent).toEqual([]);
  });

  test('of a mutation that has partly run neither refreshes nor repeats it', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    aMomentLater();
    let sent = 0;
    await client.perform({ kind: 'mutation', query: 'mutation { a b }' }, async () => {
      sent += 1;
      return { data: { a: 1, b: null }, errors: [{ ...refusal().errors[0], message: '', path: ['b'] }] };
    });
    expect(sent).toBe(1);
    expect(network.sent).toEqual([]);
  });

  test('does not end the session if the refresh is rejected: the user is prompted with the current tokens', async () => {
    const { person, tokens, secret } = await guarded(server);
    const onSignedOut = vi.fn();
    const onStepUp = typing(app, server, secret);
    // A step-up whose response was lost has replaced the refresh token.
    const { client } = await clientOf(app, { ...tokens, refreshToken: 'void' }, { onStepUp, onSignedOut });
    aMomentLater();
    const answer = await client.request('{ viewer { auditEvents { type } } }');
    expect(codesOf(answer)).toEqual([]);
    expect(onStepUp).toHaveBeenCalledTimes(1);
    expect(onSignedOut).not.toHaveBeenCalled();
    expect(person.email).toBeTruthy();
    aMomentLater(4000);
    app.clock.advance(4000);
    expect(codesOf(await client.request('{ viewer { id } }'))).toEqual([]);
  });

  test('is returned if Stepgate is unreachable', async () => {
    const { client } = await clientOf(app, await server.signUp(), {
      onStepUp: vi.fn(),
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    aMomentLater();
    const answer = await client.perform({ kind: 'query', query: '{ x }' }, async () => refusal());
    expect(codesOf(answer)).toEqual(['STEP_UP_REQUIRED']);
  });

  test('is followed by a retry with tokens that another client has stored', async () => {
    const person: Person = await server.signUp();
    let held: unknown = null;
    const tokens = {
      get: () => held as never,
      set: (next: unknown) => {
        held = next;
      },
      clear: () => {
        held = null;
      },
    };
    const { client, network } = await clientOf(app, person, { tokens });
    const next = await server.signIn(person);
    const seen: unknown[] = [];
    await client.perform({ kind: 'query', query: '{ x }' }, async ({ headers }) => {
      seen.push(headers['authorization']);
      if (seen.length > 1) return { data: {} };
      await (await clientOf(app, null, { tokens })).client.setSession(next);
      return refusal();
    });
    expect(seen).toEqual([`Bearer ${person.accessToken}`, `Bearer ${next.accessToken}`]);
    expect(network.sent).toEqual([]);
  });
});

describe('with cookies', () => {
  /** An API that refuses until the cookies are renewed. */
  test.each([
    ['STEP_UP_REQUIRED', 'onStepUp'],
    ['ENROLLMENT_REQUIRED', 'onEnrollmentRequired'],
  ])('one refresh serves all operations refused with %s, and %s is not called', async (code, handler) => {
    const ask = vi.fn();
    const { client, browser } = await signIn(app, (await server.signUp()).email, null, { [handler]: ask });
    const old = browser.jar.get('__Host-stepgate-access');
    const api = () =>
      client.perform({ kind: 'query', query: '{ x }' }, async () =>
        browser.jar.get('__Host-stepgate-access') === old ? refusal(code) : { errors: [] },
      );
    const answers = await Promise.all(Array.from({ length: 20 }, api));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(browser.count('refreshSession')).toBe(1);
    expect(ask).not.toHaveBeenCalled();
  });

  test('a refusal does not refresh cookies that were just received', async () => {
    const { client, browser } = await signIn(app, (await server.signUp()).email, null);
    const refused = () => client.perform({ kind: 'query', query: '{ x }' }, async () => refusal());
    for (let sent = 0; sent < 5; sent += 1) await refused();
    expect(browser.count('refreshSession')).toBe(1); // the page did not know how old they were
  });
});

// A token says what its session held when it was signed. When a service refuses it, the session may hold more by now: the
// client gets a new token before it asks its user for anything.
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

/** For the device of the client alone: its tokens have not just been received. */
function aMomentLater(seconds = 11): void {
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['Date'] });
  vi.setSystemTime(Date.now() + seconds * 1000);
}

/** The session has proved a second factor, where its client could not see it. */
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
  test('a session that has proved a factor elsewhere is let in after one refresh, and nobody is asked', async () => {
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

  test('a session that has not is asked after that one refresh, once for all that were refused', async () => {
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

  test('a user who has enrolled in another session is asked for a proof, not to enroll', async () => {
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

  test('a user without a second factor is handed over once, and let in when one was enrolled', async () => {
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

  test('a user who enrolls later keeps the refusal, and the operation is sent no third time', async () => {
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
  test('of tokens that have just been received, or refreshed, is no reason to refresh them', async () => {
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

  test('that says that a refresh suffices is met by one, however new the tokens are', async () => {
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

  test('that says that a refresh changes nothing goes to the user at once, however old the tokens are', async () => {
    const onEnrollmentRequired = vi.fn();
    const { client, network } = await clientOf(app, await server.signUp(), { onEnrollmentRequired });
    aMomentLater();
    await client.perform({ kind: 'query', query: '{ x }' }, async () =>
      refusal('ENROLLMENT_REQUIRED', { refreshSuffices: false }),
    );
    expect(network.count('refreshSession')).toBe(0);
    expect(onEnrollmentRequired).toHaveBeenCalledTimes(1);
  });

  test('of a server that always says that a refresh suffices ends, and the user is asked once', async () => {
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

  test('for a role that is missing refreshes nothing', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    aMomentLater();
    await client.perform({ kind: 'query', query: '{ x }' }, async () => refusal('FORBIDDEN'));
    expect(network.sent).toEqual([]);
  });

  test('of a mutation that has run in part refreshes nothing, and sends nothing again', async () => {
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

  test('when no tokens can be had ends no session: the user is asked with those that are there', async () => {
    const { person, tokens, secret } = await guarded(server);
    const onSignedOut = vi.fn();
    const onStepUp = typing(app, server, secret);
    // A step-up whose answer was lost has replaced the refresh token.
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

  test('while Stepgate cannot be reached is the answer', async () => {
    const { client } = await clientOf(app, await server.signUp(), {
      onStepUp: vi.fn(),
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    aMomentLater();
    const answer = await client.perform({ kind: 'query', query: '{ x }' }, async () => refusal());
    expect(codesOf(answer)).toEqual(['STEP_UP_REQUIRED']);
  });

  test('of the tokens that another client has replaced in the same store is met with the new ones', async () => {
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
  /** An API that refuses until the cookies are newer ones. */
  test.each([
    ['STEP_UP_REQUIRED', 'onStepUp'],
    ['ENROLLMENT_REQUIRED', 'onEnrollmentRequired'],
  ])('one refresh serves all operations that %s has refused, and %s is not called', async (code, handler) => {
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

  test('a refusal of cookies that have just been received refreshes nothing', async () => {
    const { client, browser } = await signIn(app, (await server.signUp()).email, null);
    const refused = () => client.perform({ kind: 'query', query: '{ x }' }, async () => refusal());
    for (let sent = 0; sent < 5; sent += 1) await refused();
    expect(browser.count('refreshSession')).toBe(1); // the page did not know how old they were
  });
});

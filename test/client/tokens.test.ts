// The tokens of a client: refreshed once for all waiting requests, never used twice, and removed with the session.
import { afterAll, afterEach, beforeAll, describe, expect, test, vi } from 'vitest';
import { createStepgateClient, type StoredTokens, type TokenStore } from '../../src/client/index.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf, isAlive } from '../sessions/operations.ts';
import { clientOf, codesOf, NEW_CODES, Network, VIEWER } from './people.ts';

let app: TestApp;
let server: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  server = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());
afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

/** Advances the clocks of the server and of the client. */
function pass(seconds: number): void {
  if (!vi.isFakeTimers()) vi.useFakeTimers({ toFake: ['Date'] });
  app.clock.advance(seconds);
  vi.setSystemTime(Date.now() + seconds * 1000);
}

/** Stores over shared storage like `localStorage`. Each tab has its own object. */
function tabs(): () => TokenStore {
  const shared = new Map<string, string>();
  return () => ({
    get: async () => JSON.parse(shared.get('tokens') ?? 'null') as StoredTokens | null,
    set: async (tokens) => void shared.set('tokens', JSON.stringify(tokens)),
    clear: async () => void shared.delete('tokens'),
  });
}

function object(): () => TokenStore {
  const store = tabs()();
  return () => store;
}

async function wasReused(tokens: Tokens): Promise<boolean> {
  const rows = await query(
    app.databaseUrl,
    `select 1 from audit_event where session_id = $1 and type = 'session.refresh-token-reused'`,
    [claimsOf(tokens.accessToken).sid],
  );
  return rows.length > 0;
}

describe('an access token', () => {
  test('is sent unchanged while it is valid', async () => {
    const person = await server.signUp();
    const { client, network } = await clientOf(app, person);
    const { data } = await client.request<{ viewer: { id: string } }>(VIEWER);
    expect(data?.viewer.id).toBe(claimsOf(person.accessToken)['sub']);
    expect(await client.accessToken()).toBe(person.accessToken);
    expect(network.sent).toHaveLength(1);
  });

  test('is refreshed before it expires, so that no request is refused', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    pass(580);
    const { errors } = await client.request(VIEWER);
    expect(errors).toBeUndefined();
    expect(network.sent.map(({ body }) => body.query.includes('refreshSession'))).toEqual([true, false]);
  });

  test('that expires unnoticed by the device is refreshed after the refusal', async () => {
    const { client, network } = await clientOf(app, await server.signUp());
    app.clock.advance(700); // the device does not notice
    const { data, errors } = await client.request<{ viewer: object }>(VIEWER);
    expect(errors).toBeUndefined();
    expect(data?.viewer).not.toBeNull();
    expect(network.count('refreshSession')).toBe(1);
  });

  test.each([-86_400, 86_400])(
    'is not refreshed more often if the device clock is off by %i seconds',
    async (seconds) => {
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + seconds * 1000 });
      const { client, network } = await clientOf(app, await server.signUp());
      await client.request(VIEWER);
      expect(network.count('refreshSession')).toBe(0);
    },
  );

  test('is null without a session, and requests have no authorization header', async () => {
    const onSignedOut = vi.fn();
    const { client, network } = await clientOf(app, null, { onSignedOut });
    expect(await client.accessToken()).toBeNull();
    expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(network.sent[0]?.headers.has('authorization')).toBe(false);
    expect(network.sent).toHaveLength(1);
    expect(onSignedOut).not.toHaveBeenCalled(); // nobody was signed in
  });
});

describe('one refresh', () => {
  test('serves fifty parallel requests whose token is about to expire', async () => {
    const person = await server.signUp();
    const { client, network } = await clientOf(app, person);
    pass(700);
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.request(VIEWER)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(network.count('refreshSession')).toBe(1);
    expect(network.sent).toHaveLength(51);
  });

  test('serves fifty parallel requests that were refused', async () => {
    const person = await server.signUp();
    const { client, network } = await clientOf(app, person);
    app.clock.advance(700);
    const answers = await Promise.all(Array.from({ length: 50 }, () => client.request(VIEWER)));
    expect(answers.flatMap(codesOf)).toEqual([]);
    expect(network.count('refreshSession')).toBe(1);
    expect(await wasReused(person)).toBe(false);
  });

  test.each([
    ['with one store', object, true],
    ['with one store and no Web Locks API', object, false],
    ['in tabs that share storage', tabs, true],
  ])(
    'serves several clients %s: no token is used twice, and the session stays alive',
    async (_, stores, hasLocks) => {
      if (!hasLocks) vi.stubGlobal('navigator', {});
      expect('locks' in navigator).toBe(hasLocks);
      const person = await server.signUp();
      const store = stores();
      const clients = await Promise.all(
        Array.from({ length: 5 }, () => clientOf(app, null, { tokens: store() })),
      );
      await clients[0]?.client.setSession(person);
      for (let hour = 0; hour < 3; hour += 1) {
        pass(3600);
        const answers = await Promise.all(
          clients.flatMap(({ client }) => [client.request(VIEWER), client.request(VIEWER)]),
        );
        expect(answers.flatMap(codesOf)).toEqual([]);
      }
      expect(clients.reduce((sum, { network }) => sum + network.count('refreshSession'), 0)).toBe(3);
      expect(await wasReused(person)).toBe(false);
    },
  );

  test('that failed because of the network is retried by the next request, and the user stays signed in', async () => {
    const network = new Network();
    let isDown = false;
    const onSignedOut = vi.fn();
    const { client } = await clientOf(app, await server.signUp(), {
      onSignedOut,
      fetch: async (...request) => {
        if (isDown) throw new TypeError('fetch failed');
        return network.fetch(...request);
      },
    });
    pass(700);
    isDown = true;
    const failed = await Promise.allSettled(Array.from({ length: 3 }, () => client.request(VIEWER)));
    expect(failed.map(({ status }) => status)).toEqual(['rejected', 'rejected', 'rejected']);
    isDown = false;
    expect(codesOf(await client.request(VIEWER))).toEqual([]);
    expect(onSignedOut).not.toHaveBeenCalled();
  });
});

describe('a session that was revoked elsewhere', () => {
  test('calls onSignedOut once and is forgotten', async () => {
    const person = await server.signUp();
    const onSignedOut = vi.fn();
    const { client, network } = await clientOf(app, person, { onSignedOut });
    const other = await server.signIn(person);
    await server.graphql('mutation { revokeOtherSessions { count } }', {}, other.accessToken);
    const answers = await Promise.all([client.request(VIEWER), client.request(VIEWER)]);
    expect(answers.map(codesOf)).toEqual([['UNAUTHENTICATED'], ['UNAUTHENTICATED']]);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
    expect(network.count('refreshSession')).toBe(1);
    expect(await client.accessToken()).toBeNull();
    expect(await isAlive(server, other.accessToken)).toBe(true);
    await client.request(VIEWER);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
  });

  test('ends for both user and thief if the thief uses the refresh token first', async () => {
    const person = await server.signUp();
    const onSignedOut = vi.fn();
    const { client } = await clientOf(app, person, { onSignedOut });
    const thief = await clientOf(app, person);
    pass(700);
    expect(codesOf(await thief.client.request(VIEWER))).toEqual([]);
    pass(11); // the leeway for lost responses is over
    expect(codesOf(await client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
    expect(onSignedOut).toHaveBeenCalledTimes(1);
    expect(codesOf(await thief.client.request(VIEWER))).toEqual(['UNAUTHENTICATED']);
  });
});

test('a grant without a refresh token keeps the current one, which still refreshes', async () => {
  const person = await server.signUp();
  const { client } = await clientOf(app, person);
  await client.setSession({ accessToken: person.accessToken, refreshToken: '' });
  pass(700);
  expect(codesOf(await client.request(VIEWER))).toEqual([]);
});

test('an operation is not repeated as a different user who has signed in in another tab', async () => {
  const store = tabs();
  const { client, network } = await clientOf(app, await server.signUp(), { tokens: store() });
  const other = await clientOf(app, null, { tokens: store() });
  app.clock.advance(700);
  const somebodyElse = await server.signUp();
  const answer = await client.perform({ kind: 'mutation', query: '' }, async ({ headers }) => {
    const refused = await server.graphql(NEW_CODES, {}, undefined, headers);
    await other.client.setSession(somebodyElse);
    return { errors: refused.errors };
  });
  expect(codesOf(answer)).toEqual(['UNAUTHENTICATED']);
  expect(network.sent).toEqual([]);
  expect(await isAlive(server, somebodyElse.accessToken)).toBe(true);
});

describe('signing out', () => {
  test('ends the session on the server, even with an expired token', async () => {
    const person = await server.signUp();
    const onSignedOut = vi.fn();
    const { client } = await clientOf(app, person, { onSignedOut });
    app.clock.advance(700);
    await client.signOut();
    expect(await client.accessToken()).toBeNull();
    const [row] = await query<{ revoked_at: Date | null }>(
      app.databaseUrl,
      'select revoked_at from session where id = $1',
      [claimsOf(person.accessToken).sid],
    );
    expect(row?.revoked_at).not.toBeNull();
    expect(onSignedOut).not.toHaveBeenCalled();
  });

  test('forgets the tokens even if the server is unreachable, and rejects', async () => {
    const { client } = await clientOf(app, await server.signUp(), {
      fetch: () => Promise.reject(new TypeError('fetch failed')),
    });
    await expect(client.signOut()).rejects.toThrow('fetch failed');
    expect(await client.accessToken()).toBeNull();
  });

  test('without a session sends no request', async () => {
    const { client, network } = await clientOf(app, null);
    await client.signOut();
    expect(network.sent).toEqual([]);
  });
});

test('the device token outlives the session and is sent to Stepgate only', async () => {
  const { email } = await server.signUp();
  let kept: string | null = null;
  const deviceTokens = {
    get: () => kept,
    set: (token: string) => {
      kept = token;
    },
  };
  const { client, network } = await clientOf(app, null, { deviceTokens });
  const signIn = async (): Promise<{ deviceToken: string | null }> => {
    const started = await client.request<{ startSignIn: { id: string } }>(
      'mutation ($identifier: String!) { startSignIn(input: { identifier: $identifier }) { ... on SignIn { id } } }',
      { identifier: email },
    );
    const { data } = await client.request<{
      attemptFactor: { session: Tokens & { deviceToken: string | null } };
    }>(
      `mutation ($input: AttemptFactorInput!) {
        attemptFactor(input: $input) {
          ... on SignIn { session { accessToken refreshToken deviceToken } }
        }
      }`,
      { input: { workflowId: started.data?.startSignIn.id, proof: { password: PASSWORD } } },
    );
    if (data == null) throw new Error('Nobody was signed in.');
    await client.setSession(data.attemptFactor.session);
    return data.attemptFactor.session;
  };
  const { deviceToken } = await signIn();
  expect(deviceToken).toMatch(/^[\w-]{43}$/);
  expect(kept).toBe(deviceToken);
  await client.signOut();
  expect(kept).toBe(deviceToken);
  await signIn();
  expect(kept).toBe(deviceToken); // the same device
  expect(network.sent.at(-1)?.headers.get('x-stepgate-device')).toBe(deviceToken);

  const seen: unknown[] = [];
  await client.perform({ kind: 'query', query: VIEWER }, async ({ headers }) => {
    seen.push(Object.keys(headers));
    return {};
  });
  expect(seen).toEqual([['authorization']]);
});

test.each([
  ['an HTML page of a proxy', '<html>502</html>', 502],
  ['unrelated JSON', '{"message":"not found"}', 404],
  ['empty', '', 200],
])('a response that is %s throws UnexpectedAnswer with the status', async (_, body, status) => {
  const client = createStepgateClient({
    url: `${app.url}/graphql`,
    fetch: async () => new Response(body, { status }),
  });
  await expect(client.request(VIEWER)).rejects.toMatchObject({ code: 'UNEXPECTED_ANSWER', status });
});

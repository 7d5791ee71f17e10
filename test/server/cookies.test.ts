// Sessions as cookies, for browser applications that ask for them: no script reads them, no sibling domain sets them,
// and no page of another origin uses them.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, PASSWORD, TestClient } from '../harness/client.ts';

const COOKIES = { 'x-stepgate-session': 'cookie' };
const APP_ORIGIN = 'https://app.example.com';
const VIEWER = '{ viewer { id } }';
const GRANT = 'session { accessToken refreshToken session { id } }';
const ATTEMPT = `mutation ($input: AttemptFactorInput!) {
  attemptFactor(input: $input) { __typename ... on UserError { code } ... on SignIn { ${GRANT} } ... on SignUp { ${GRANT} } }
}`;
const REFRESH = `mutation ($token: String) {
  refreshSession(input: { refreshToken: $token }) {
    __typename ... on UserError { code } ... on SessionGrant { accessToken refreshToken session { id } }
  }
}`;

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ CORS_ORIGINS: APP_ORIGIN });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

/** Those of the session; the third says that the device is known, and stays. */
const SESSION_COOKIES = ['__Host-stepgate-access', '__Host-stepgate-refresh'];
const DEVICE_COOKIE = '__Host-stepgate-device';

interface Cookie {
  readonly name: string;
  readonly value: string;
  readonly attributes: readonly string[];
}

function cookiesOf({ headers }: GraphQLAnswer): Cookie[] {
  return headers.getSetCookie().map((line) => {
    const [pair = '', ...attributes] = line.split('; ');
    const at = pair.indexOf('=');
    return { name: pair.slice(0, at), value: pair.slice(at + 1), attributes };
  });
}

/** As a browser sends them back. */
function cookieHeader(cookies: readonly Cookie[]): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** A browser that has just signed in. */
async function signInByCookie(headers: Record<string, string> = {}): Promise<{
  answer: GraphQLAnswer;
  cookies: Cookie[];
  email: string;
}> {
  const { email } = await client.signUp();
  const started = await client.startSignIn({ identifier: email });
  const input = { workflowId: started.id, proof: { password: PASSWORD } };
  const answer = await client.graphql(ATTEMPT, { input }, undefined, { ...COOKIES, ...headers });
  return { answer, cookies: cookiesOf(answer), email };
}

describe('a client that asks for cookies', () => {
  test('gets its tokens as __Host- cookies that no script reads, and not in the payload', async () => {
    const { answer, cookies } = await signInByCookie();
    expect(answer.data.attemptFactor.session).toEqual({
      accessToken: '',
      refreshToken: '',
      session: { id: expect.any(String) },
    });
    expect(cookies.map(({ name }) => name)).toEqual([...SESSION_COOKIES, DEVICE_COOKIE]);
    for (const { value, attributes } of cookies) {
      expect(value.length).toBeGreaterThan(40);
      expect(answer.text).not.toContain(value);
      const [maxAge, ...others] = attributes;
      expect(maxAge).toMatch(/^Max-Age=[1-9]\d*$/);
      expect(new Set(others)).toEqual(new Set(['Path=/', 'HttpOnly', 'Secure', 'SameSite=Lax']));
    }
    expect(cookies[0]?.attributes[0]).toMatch(/^Max-Age=(600|59\d)$/); // no longer than the token itself
    expect(answer.headers.get('cache-control')).toBe('no-store');
  });

  test('of a sign-up too', async () => {
    const email = 'cookie-sign-up@example.com';
    const started = await client.startSignUp({ email, password: PASSWORD });
    const input = { workflowId: started.id, proof: { emailCode: await client.codeFor(email) } };
    const answer = await client.graphql(ATTEMPT, { input }, undefined, COOKIES);
    expect(answer.data.attemptFactor.session).toMatchObject({ accessToken: '', refreshToken: '' });
    expect(cookiesOf(answer)).toHaveLength(3);
  });

  test.each(['Cookie', 'cookies', '1', 'token', ''])('must write it so: "%s" is no wish', async (wish) => {
    const { answer, cookies } = await signInByCookie({ 'x-stepgate-session': wish });
    expect(cookies).toEqual([]);
    expect(answer.data.attemptFactor.session.accessToken).toBeTruthy();
  });

  test('is signed in by them', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...COOKIES, cookie: `theme=dark; ${cookieHeader(cookies)}; other="x"` };
    const { data } = await client.graphql(VIEWER, {}, undefined, headers);
    expect(data.viewer.id).toBeTruthy();
  });

  test('gets none where nothing was granted', async () => {
    const started = await client.startSignIn({ identifier: 'nobody@example.com' });
    const input = { workflowId: started.id, proof: { password: 'wrong' } };
    const answer = await client.graphql(ATTEMPT, { input }, undefined, COOKIES);
    expect(cookiesOf(answer)).toEqual([]);
  });
});

describe('cookies', () => {
  test('count for nothing without the header: a page of another origin cannot send it unasked', async () => {
    const { cookies } = await signInByCookie();
    const headers = { cookie: cookieHeader(cookies) };
    const read = await client.graphql(VIEWER, {}, undefined, headers);
    expect(read.data).toEqual({ viewer: null });
    expect(read.headers.get('www-authenticate')).toBe('Bearer'); // as if there were no token
    expect((await client.graphql('mutation { signOut { id } }', {}, undefined, headers)).status).toBe(401);
    const refreshed = await client.graphql(REFRESH, {}, undefined, headers);
    expect(refreshed.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
    const { data } = await client.graphql(VIEWER, {}, undefined, { ...headers, ...COOKIES });
    expect(data.viewer.id).toBeTruthy(); // and nothing has happened to the session
  });

  test.each(['https://evil.example', 'http://localhost:4001', 'https://localhost:4000', 'null', 'x', ''])(
    'count for nothing from the origin "%s", and nothing runs',
    async (origin) => {
      const { cookies } = await signInByCookie();
      const headers = { ...COOKIES, cookie: cookieHeader(cookies), origin };
      for (const document of [
        VIEWER,
        '{ settings { __typename } }',
        'mutation { signOut { id } }',
        REFRESH,
      ]) {
        const answer = await client.graphql(document, {}, undefined, headers);
        expect(answer.status).toBe(403);
        expect(answer.errors).toMatchObject([{ extensions: { code: 'ORIGIN_NOT_ALLOWED' } }]);
        expect(answer.data).toBeNull();
        expect(cookiesOf(answer)).toEqual([]);
        expect(answer.headers.get('access-control-allow-origin')).toBeNull();
      }
      const { origin: _foreign, ...own } = headers;
      expect((await client.graphql(VIEWER, {}, undefined, own)).data.viewer).not.toBeNull();
    },
  );

  test('are given to no page of another origin: nobody is signed in as somebody else by it', async () => {
    const { answer, cookies } = await signInByCookie({ origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(cookies).toEqual([]);
  });

  test.each(['http://localhost:4000', APP_ORIGIN])('work from %s', async (origin) => {
    const { cookies } = await signInByCookie({ origin });
    const headers = { ...COOKIES, cookie: cookieHeader(cookies), origin };
    expect((await client.graphql(VIEWER, {}, undefined, headers)).data.viewer).not.toBeNull();
  });

  test('beside a bearer token give way to it, and do not mend a wrong one', async () => {
    const { cookies } = await signInByCookie();
    const other = await client.signUp();
    const headers = { ...COOKIES, cookie: cookieHeader(cookies) };
    const mine = await client.graphql(
      '{ viewer { emailAddresses { address } } }',
      {},
      other.accessToken,
      headers,
    );
    expect(mine.data.viewer.emailAddresses).toEqual([{ address: other.email }]);
    expect((await client.graphql(VIEWER, {}, 'garbage', headers)).data).toEqual({ viewer: null });
  });

  test.each([
    '=',
    ';;;',
    '__Host-stepgate-access',
    '__Host-stepgate-access=%',
    '__Host-stepgate-access="a.b.c"',
    '\xff',
  ])('that are none are no session and no failure: %j', async (cookie) => {
    const answer = await client.graphql(VIEWER, {}, undefined, { ...COOKIES, cookie });
    expect(answer.status).toBe(200);
    expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const refreshed = await client.graphql(REFRESH, {}, undefined, {
      ...COOKIES,
      cookie: cookie.replace('access', 'refresh'),
    });
    expect(refreshed.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
  });

  test('of another name, or without the prefix that keeps sibling domains out, are not read', async () => {
    const { cookies } = await signInByCookie();
    for (const rename of [
      (name: string) => name.replace('__Host-', ''),
      (name: string) => name.replace('__Host-', '__Secure-'),
      (name: string) => name.toLowerCase(),
    ]) {
      const cookie = cookieHeader(cookies.map((one) => ({ ...one, name: rename(one.name) })));
      const { data } = await client.graphql(VIEWER, {}, undefined, { ...COOKIES, cookie });
      expect(data).toEqual({ viewer: null });
    }
  });
});

describe('a refresh by cookie', () => {
  test('takes the cookie, and gives new ones', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...COOKIES, cookie: cookieHeader(cookies) };
    const answer = await client.graphql(REFRESH, {}, undefined, headers);
    expect(answer.data.refreshSession).toMatchObject({ accessToken: '', refreshToken: '' });
    const fresh = cookiesOf(answer);
    expect(fresh.map(({ name }) => name)).toEqual(SESSION_COOKIES);
    expect(fresh[1]?.value).not.toBe(cookies[1]?.value);
    const next = { ...COOKIES, cookie: cookieHeader(fresh) };
    expect((await client.graphql(VIEWER, {}, undefined, next)).data.viewer).not.toBeNull();

    // The old one was used: sent again when no answer can be under way any more, it ends the session.
    app.clock.advance(11);
    const reused = await client.graphql(REFRESH, {}, undefined, headers);
    expect(reused.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
    expect(cookiesOf(reused)).toEqual([]);
    expect((await client.graphql(VIEWER, {}, undefined, next)).data).toEqual({ viewer: null });
  });

  test('prefers the token that was sent', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...COOKIES, cookie: cookieHeader(cookies) };
    const other = await client.signUp();
    const answer = await client.graphql(REFRESH, { token: other.refreshToken }, undefined, headers);
    expect(answer.data.refreshSession.__typename).toBe('SessionGrant');
    expect((await client.graphql(VIEWER, {}, undefined, headers)).data.viewer).not.toBeNull();
  });
});

describe('signing out', () => {
  test('takes the cookies away, and ends the session for whoever kept a copy', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...COOKIES, cookie: cookieHeader(cookies) };
    const answer = await client.graphql('mutation { signOut { id } }', {}, undefined, headers);
    expect(answer.data.signOut.id).toBeTruthy();
    const cleared = cookiesOf(answer);
    expect(cleared.map(({ name }) => name)).toEqual(SESSION_COOKIES);
    for (const { value, attributes } of cleared) {
      expect(value).toBe('');
      expect(attributes).toContain('Max-Age=0');
      expect(attributes).toContain('Path=/');
      expect(attributes).toContain('Secure');
    }
    expect((await client.graphql(VIEWER, {}, undefined, headers)).data).toEqual({ viewer: null });
    const refreshed = await client.graphql(REFRESH, {}, undefined, headers);
    expect(refreshed.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
  });

  test('by the refresh cookie alone ends the session: a browser drops the access cookie when that expires', async () => {
    const { cookies } = await signInByCookie();
    app.clock.advance(700);
    const refreshCookie = cookies.filter(({ name }) => name === '__Host-stepgate-refresh');
    const headers = { ...COOKIES, cookie: cookieHeader(refreshCookie) };
    const answer = await client.graphql('mutation { signOut { id } }', {}, undefined, headers);
    expect(answer.errors).toEqual([]);
    expect(cookiesOf(answer).map(({ name, value }) => [name, value])).toEqual(
      SESSION_COOKIES.map((name) => [name, '']),
    );
    const refreshed = await client.graphql(REFRESH, {}, undefined, headers);
    expect(refreshed.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
  });

  test('clears the cookies even when they are nobody’s', async () => {
    const headers = { ...COOKIES, cookie: '__Host-stepgate-access=x; __Host-stepgate-refresh=y' };
    const answer = await client.graphql('mutation { signOut { id } }', {}, undefined, headers);
    expect(answer.status).toBe(401);
    expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(cookiesOf(answer).map(({ name, value }) => [name, value])).toEqual(
      SESSION_COOKIES.map((name) => [name, '']),
    );
  });

  test('leaves the cookies of a client alone that uses none', async () => {
    const person = await client.signUp();
    const answer = await client.graphql('mutation { signOut { id } }', {}, person.accessToken);
    expect(cookiesOf(answer)).toEqual([]);
  });
});

test('no token that was given as a cookie is in the log', async () => {
  const { cookies } = await signInByCookie();
  await client.graphql(REFRESH, {}, undefined, { ...COOKIES, cookie: cookieHeader(cookies) });
  for (const { value } of cookies) expect(app.log.join('')).not.toContain(value);
});

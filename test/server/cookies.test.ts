// Session cookies, for browser applications that request them. Scripts cannot read them, sibling domains cannot set them,
// and pages of other origins cannot use them.
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

/** The cookies of the session. The third cookie identifies the device and outlives the session. */
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

/** The Cookie header that a browser sends back. */
function cookieHeader(cookies: readonly Cookie[]): string {
  return cookies.map(({ name, value }) => `${name}=${value}`).join('; ');
}

/** Signs in as a browser that uses cookies. */
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

describe('a client that requests cookies', () => {
  test('gets its tokens as HttpOnly __Host- cookies, and not in the response body', async () => {
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

  test('gets cookies after a sign-up too', async () => {
    const email = 'cookie-sign-up@example.com';
    const started = await client.startSignUp({ email, password: PASSWORD });
    const input = { workflowId: started.id, proof: { emailCode: await client.codeFor(email) } };
    const answer = await client.graphql(ATTEMPT, { input }, undefined, COOKIES);
    expect(answer.data.attemptFactor.session).toMatchObject({ accessToken: '', refreshToken: '' });
    expect(cookiesOf(answer)).toHaveLength(3);
  });

  test.each(['Cookie', 'cookies', '1', 'token', ''])(
    'gets no cookies with the header value "%s"',
    async (wish) => {
      const { answer, cookies } = await signInByCookie({ 'x-stepgate-session': wish });
      expect(cookies).toEqual([]);
      expect(answer.data.attemptFactor.session.accessToken).toBeTruthy();
    },
  );

  test('is signed in with the cookies', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...COOKIES, cookie: `theme=dark; ${cookieHeader(cookies)}; other="x"` };
    const { data } = await client.graphql(VIEWER, {}, undefined, headers);
    expect(data.viewer.id).toBeTruthy();
  });

  test('gets no cookies if no session was granted', async () => {
    const started = await client.startSignIn({ identifier: 'nobody@example.com' });
    const input = { workflowId: started.id, proof: { password: 'wrong' } };
    const answer = await client.graphql(ATTEMPT, { input }, undefined, COOKIES);
    expect(cookiesOf(answer)).toEqual([]);
  });
});

describe('session cookies', () => {
  test('are ignored without the header, which other origins cannot send without a preflight', async () => {
    const { cookies } = await signInByCookie();
    const headers = { cookie: cookieHeader(cookies) };
    const read = await client.graphql(VIEWER, {}, undefined, headers);
    expect(read.data).toEqual({ viewer: null });
    expect(read.headers.get('www-authenticate')).toBe('Bearer'); // as if there were no token
    expect((await client.graphql('mutation { signOut { id } }', {}, undefined, headers)).status).toBe(401);
    const refreshed = await client.graphql(REFRESH, {}, undefined, headers);
    expect(refreshed.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
    const { data } = await client.graphql(VIEWER, {}, undefined, { ...headers, ...COOKIES });
    expect(data.viewer.id).toBeTruthy(); // the session is unchanged
  });

  test.each(['https://evil.example', 'http://localhost:4001', 'https://localhost:4000', 'null', 'x', ''])(
    'from the origin "%s" are refused, and nothing runs',
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

  test('are not set for a page of another origin, so that it cannot sign the user in to a different account', async () => {
    const { answer, cookies } = await signInByCookie({ origin: 'https://evil.example' });
    expect(answer.status).toBe(403);
    expect(cookies).toEqual([]);
  });

  test.each(['http://localhost:4000', APP_ORIGIN])('work from %s', async (origin) => {
    const { cookies } = await signInByCookie({ origin });
    const headers = { ...COOKIES, cookie: cookieHeader(cookies), origin };
    expect((await client.graphql(VIEWER, {}, undefined, headers)).data.viewer).not.toBeNull();
  });

  test('are ignored if the request has a bearer token, even an invalid one', async () => {
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
  ])('that are malformed give no session and cause no failure: %j', async (cookie) => {
    const answer = await client.graphql(VIEWER, {}, undefined, { ...COOKIES, cookie });
    expect(answer.status).toBe(200);
    expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const refreshed = await client.graphql(REFRESH, {}, undefined, {
      ...COOKIES,
      cookie: cookie.replace('access', 'refresh'),
    });
    expect(refreshed.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
  });

  test('with another name or without the __Host- prefix are ignored', async () => {
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

describe('a refresh with cookies', () => {
  test('uses the refresh cookie and sets new cookies', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...COOKIES, cookie: cookieHeader(cookies) };
    const answer = await client.graphql(REFRESH, {}, undefined, headers);
    expect(answer.data.refreshSession).toMatchObject({ accessToken: '', refreshToken: '' });
    const fresh = cookiesOf(answer);
    expect(fresh.map(({ name }) => name)).toEqual(SESSION_COOKIES);
    expect(fresh[1]?.value).not.toBe(cookies[1]?.value);
    const next = { ...COOKIES, cookie: cookieHeader(fresh) };
    expect((await client.graphql(VIEWER, {}, undefined, next)).data.viewer).not.toBeNull();

    // Sending a used refresh token again after the leeway ends the session.
    app.clock.advance(11);
    const reused = await client.graphql(REFRESH, {}, undefined, headers);
    expect(reused.data.refreshSession.code).toBe('REFRESH_TOKEN_REJECTED');
    expect(cookiesOf(reused)).toEqual([]);
    expect((await client.graphql(VIEWER, {}, undefined, next)).data).toEqual({ viewer: null });
  });

  test('prefers a refresh token in the input to the cookie', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...COOKIES, cookie: cookieHeader(cookies) };
    const other = await client.signUp();
    const answer = await client.graphql(REFRESH, { token: other.refreshToken }, undefined, headers);
    expect(answer.data.refreshSession.__typename).toBe('SessionGrant');
    expect((await client.graphql(VIEWER, {}, undefined, headers)).data.viewer).not.toBeNull();
  });
});

describe('signing out', () => {
  test('clears the cookies and ends the session, also for copies of the cookies', async () => {
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

  test('works with the refresh cookie alone, because browsers delete the access cookie when it expires', async () => {
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

  test('clears the cookies even if they belong to no session', async () => {
    const headers = { ...COOKIES, cookie: '__Host-stepgate-access=x; __Host-stepgate-refresh=y' };
    const answer = await client.graphql('mutation { signOut { id } }', {}, undefined, headers);
    expect(answer.status).toBe(401);
    expect(answer.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(cookiesOf(answer).map(({ name, value }) => [name, value])).toEqual(
      SESSION_COOKIES.map((name) => [name, '']),
    );
  });

  test('sets no cookies for a client that does not use them', async () => {
    const person = await client.signUp();
    const answer = await client.graphql('mutation { signOut { id } }', {}, person.accessToken);
    expect(cookiesOf(answer)).toEqual([]);
  });
});

describe('a client in hybrid mode', () => {
  const HYBRID = { 'x-stepgate-session': 'hybrid' };

  test('gets its access token in the response and every other token as a cookie', async () => {
    const { answer, cookies } = await signInByCookie(HYBRID);
    const { accessToken, refreshToken } = answer.data.attemptFactor.session;
    expect(refreshToken).toBe('');
    expect(cookies.map(({ name }) => name)).toEqual(['__Host-stepgate-refresh', DEVICE_COOKIE]);
    for (const { value } of cookies) expect(answer.text).not.toContain(value);
    expect((await client.graphql(VIEWER, {}, accessToken)).data.viewer.id).toEqual(expect.any(String));
  });

  test('refreshes with the cookie', async () => {
    const { cookies } = await signInByCookie(HYBRID);
    const headers = { ...HYBRID, cookie: cookieHeader(cookies) };
    const { data, ...refreshed } = await client.graphql(REFRESH, {}, undefined, headers);
    expect(data.refreshSession).toMatchObject({
      accessToken: expect.stringMatching(/./),
      refreshToken: '',
    });
    expect(cookiesOf({ data, ...refreshed }).map(({ name }) => name)).toEqual(['__Host-stepgate-refresh']);
  });

  test('is not signed in by an access cookie', async () => {
    const { cookies } = await signInByCookie();
    const headers = { ...HYBRID, cookie: cookieHeader(cookies) };
    expect((await client.graphql(VIEWER, {}, undefined, headers)).errors[0]?.extensions.code).toBe(
      'UNAUTHENTICATED',
    );
  });

  test('on a page of another origin gets nothing', async () => {
    const { cookies } = await signInByCookie(HYBRID);
    const headers = { ...HYBRID, cookie: cookieHeader(cookies), origin: 'https://evil.example' };
    const { errors, text } = await client.graphql(REFRESH, {}, undefined, headers);
    expect(errors[0]?.extensions.code).toBe('ORIGIN_NOT_ALLOWED');
    expect(text).not.toContain('accessToken');
  });

  test('clears all session cookies when it signs out', async () => {
    const { answer, cookies } = await signInByCookie(HYBRID);
    const { accessToken } = answer.data.attemptFactor.session;
    const headers = { ...HYBRID, cookie: cookieHeader(cookies) };
    const out = await client.graphql('mutation { signOut { id } }', {}, accessToken, headers);
    for (const { name, value, attributes } of cookiesOf(out)) {
      expect(SESSION_COOKIES).toContain(name);
      expect([value, attributes[0]]).toEqual(['', 'Max-Age=0']);
    }
    expect(cookiesOf(out)).toHaveLength(2);
  });
});

test('the log contains no token that was set as a cookie', async () => {
  const { cookies } = await signInByCookie();
  await client.graphql(REFRESH, {}, undefined, { ...COOKIES, cookie: cookieHeader(cookies) });
  for (const { value } of cookies) expect(app.log.join('')).not.toContain(value);
});

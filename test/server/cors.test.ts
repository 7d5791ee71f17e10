// Pages of other origins: none may read an answer, unless its origin is configured, to the letter.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';

const ONE = 'https://app.example.com';
const OTHER = 'http://localhost:5173';
const BODY = JSON.stringify({ query: '{ settings { __typename } }' });
const PATHS = ['/graphql', '/.well-known/jwks.json', '/healthz', '/readyz', '/dev/inbox.json', '/dev/inbox'];

function corsHeaders({ headers }: Response): Record<string, string> {
  return Object.fromEntries([...headers].filter(([name]) => name.startsWith('access-control-')));
}

async function preflight(app: TestApp, origin: string, path = '/graphql'): Promise<Response> {
  return fetch(`${app.url}${path}`, {
    method: 'OPTIONS',
    headers: {
      origin,
      'access-control-request-method': 'POST',
      'access-control-request-headers': 'content-type,x-stepgate-session',
    },
  });
}

async function ask(app: TestApp, origin: string): Promise<Response> {
  const headers = { 'content-type': 'application/json', origin };
  return fetch(`${app.url}/graphql`, { method: 'POST', headers, body: BODY });
}

describe('by default', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.each(['https://evil.example', 'null', 'http://localhost:4000'])(
    'no preflight is allowed, and no answer may be read: %s',
    async (origin) => {
      for (const path of PATHS) {
        const answer = await preflight(app, origin, path);
        expect(answer.ok).toBe(false);
        expect(corsHeaders(answer)).toEqual({});
        expect(corsHeaders(await fetch(`${app.url}${path}`, { headers: { origin } }))).toEqual({});
      }
      expect(corsHeaders(await ask(app, origin))).toEqual({});
    },
  );
});

/** What caches go by: an answer for one origin must not be given to another (RFC 9110 section 12.5.5). */
const variesBy = ({ headers }: Response): string[] => (headers.get('vary') ?? '').toLowerCase().split(/, */);

describe('in development', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ NODE_ENV: 'development', BCRYPT_COST: '10' });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.each(['http://localhost:5173', 'http://localhost', 'http://127.0.0.1:3000', 'http://[::1]:3000'])(
    'a page of this machine may ask and read: %s',
    async (origin) => {
      const answer = await preflight(app, origin);
      expect(answer.status).toBe(204);
      expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
      const { headers } = await ask(app, origin);
      expect(headers.get('access-control-allow-origin')).toBe(origin);
      const cookies = { 'content-type': 'application/json', 'x-stepgate-session': 'cookie', origin };
      const signedIn = await fetch(`${app.url}/graphql`, { method: 'POST', headers: cookies, body: BODY });
      expect(signedIn.status).toBe(200);
    },
  );

  test.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'http://evil.example:5173',
    'http://localhost:5173/',
    'http://user@localhost:5173',
    'http://localhost:99999',
    'http://127.0.0.2',
    'file://localhost',
    'localhost',
  ])('no other may: %s', async (origin) => {
    expect(corsHeaders(await preflight(app, origin))).toEqual({});
    expect(corsHeaders(await ask(app, origin))).toEqual({});
  });

  test('a refused origin is logged once, with what to do', async () => {
    await ask(app, 'https://app.dev.example');
    await preflight(app, 'https://app.dev.example');
    const lines = app.log.filter((line) => line.includes('https://app.dev.example'));
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      level: 40,
      origin: 'https://app.dev.example',
      msg: expect.stringContaining('CORS_ORIGINS'),
    });
  });

  test('of a long origin no more is logged than of a real one', async () => {
    await ask(app, `https://${'x'.repeat(5000)}`);
    const line = app.log.find((one) => one.includes('https://xxx'));
    expect(JSON.parse(line ?? '').origin).toHaveLength(200);
  });
});

test('a refused origin is logged in production too, and a local one is refused there', async () => {
  await using app = await startTestApp({
    NODE_ENV: 'production',
    HOST: '127.0.0.1',
    DATABASE_URL: 'postgres://there.is.one/given.beside.this',
    PUBLIC_URL: 'https://auth.example.com',
    SECRET_KEYS: Buffer.alloc(32, 'production').toString('base64'),
    SMTP_URL: 'smtp://127.0.0.1:9',
    MAIL_FROM: 'Stepgate <auth@example.com>',
    BCRYPT_COST: '10',
  });
  expect(corsHeaders(await preflight(app, OTHER))).toEqual({});
  expect(app.log.join('')).toContain(`"origin":"${OTHER}"`);
});

describe.each([
  ['one origin', ONE, [ONE]],
  ['two origins', `${ONE}, ${OTHER}`, [ONE, OTHER]],
])('with %s configured', (_what, configured, allowed) => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ CORS_ORIGINS: configured });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.each(allowed)('%s may ask and read, with cookies', async (origin) => {
    const answer = await preflight(app, origin);
    expect(answer.status).toBe(204);
    expect(corsHeaders(answer)).toMatchObject({
      'access-control-allow-origin': origin,
      'access-control-allow-credentials': 'true',
      'access-control-allow-methods': expect.stringContaining('POST'),
      'access-control-allow-headers': expect.stringContaining('x-stepgate-session'),
    });
    const { headers } = await ask(app, origin);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    expect(headers.get('access-control-allow-credentials')).toBe('true');
    expect(headers.get('access-control-expose-headers')).toContain('www-authenticate');
  });

  test.each([
    'https://evil.example',
    'null', // a sandboxed frame, a file, a redirect
    'http://app.example.com',
    'https://app.example.com:8443',
    'https://app.example.com.evil.example',
    'https://evil.app.example.com',
    'https://APP.example.com',
    'https://app.example.com/',
    'https://app.example.co',
    '*',
    '',
  ])('"%s" may neither ask nor read', async (origin) => {
    expect(corsHeaders(await preflight(app, origin))).toEqual({});
    expect(corsHeaders(await ask(app, origin))).toEqual({});
  });

  test('a configured origin reads the API and nothing else', async () => {
    for (const path of PATHS.filter((one) => one !== '/graphql')) {
      expect(corsHeaders(await preflight(app, ONE, path))).toEqual({});
      expect(corsHeaders(await fetch(`${app.url}${path}`, { headers: { origin: ONE } }))).toEqual({});
    }
  });

  test('every answer of the API says that it depends on the origin', async () => {
    for (const origin of [ONE, 'https://evil.example', 'null']) {
      expect(variesBy(await preflight(app, origin))).toContain('origin');
      expect(variesBy(await ask(app, origin))).toContain('origin');
    }
    const headers = { accept: 'text/html' };
    expect(variesBy(await fetch(`${app.url}/graphql`, { headers }))).toEqual(['origin', 'accept']);
    expect(variesBy(await fetch(`${app.url}/graphql`))).toContain('origin');
    const large = { method: 'POST', headers: { origin: ONE }, body: 'x'.repeat(200_000) };
    const refused = await fetch(`${app.url}/graphql`, large);
    expect(refused.status).toBe(413);
    expect(variesBy(refused)).toContain('origin');
    expect(refused.headers.get('access-control-allow-origin')).toBe(ONE);
  });

  test('refusals can be read too: their status, their body and their header', async () => {
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: ONE, authorization: 'Bearer x' },
      body: JSON.stringify({ query: '{ viewer { id } }' }),
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ONE);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });
});

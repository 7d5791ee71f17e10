// CORS: pages of other origins cannot read responses unless exactly that origin is configured.
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
    'preflights from %s are refused, and the origin cannot read responses',
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

/** The Vary header: a cache must not return a response for one origin to another (RFC 9110 section 12.5.5). */
const variesBy = ({ headers }: Response): string[] => (headers.get('vary') ?? '').toLowerCase().split(/, */);

describe('in development', () => {
  let app: TestApp;
  beforeAll(async () => {
    app = await startTestApp({ NODE_ENV: 'development', BCRYPT_COST: '10' });
  });
  afterAll(() => app[Symbol.asyncDispose]());

  test.each([
    'http://localhost:5173',
    'https://localhost:4443',
    'http://localhost',
    'http://127.0.0.1:3000',
    'http://[::1]:3000',
  ])('the local origin %s may call the API and read responses', async (origin) => {
    const answer = await preflight(app, origin);
    expect(answer.status).toBe(204);
    expect(answer.headers.get('access-control-allow-origin')).toBe(origin);
    const { headers } = await ask(app, origin);
    expect(headers.get('access-control-allow-origin')).toBe(origin);
    const cookies = { 'content-type': 'application/json', 'x-stepgate-session': 'cookie', origin };
    const signedIn = await fetch(`${app.url}/graphql`, { method: 'POST', headers: cookies, body: BODY });
    expect(signedIn.status).toBe(200);
  });

  test.each([
    'https://evil.example',
    'null',
    'http://localhost.evil.example',
    'https://localhost.evil.example',
    'http://evil.example:5173',
    'http://localhost:5173/',
    'http://user@localhost:5173',
    'http://localhost:99999',
    'http://127.0.0.2',
    'file://localhost',
    'localhost',
  ])('the origin %s may not call the API', async (origin) => {
    expect(corsHeaders(await preflight(app, origin))).toEqual({});
    expect(corsHeaders(await ask(app, origin))).toEqual({});
  });

  test('a refused origin is logged once, with advice on how to allow it', async () => {
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

  test('a very long origin is truncated in the log', async () => {
    await ask(app, `https://${'x'.repeat(5000)}`);
    const line = app.log.find((one) => one.includes('https://xxx'));
    expect(JSON.parse(line ?? '').origin).toHaveLength(200);
  });
});

test('in production, a local origin is refused and logged', async () => {
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

  test.each(allowed)('%s may call the API and read responses, with cookies', async (origin) => {
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
  ])('"%s" may neither call the API nor read responses', async (origin) => {
    expect(corsHeaders(await preflight(app, origin))).toEqual({});
    expect(corsHeaders(await ask(app, origin))).toEqual({});
  });

  test('a configured origin may read responses of the API only', async () => {
    for (const path of PATHS.filter((one) => one !== '/graphql')) {
      expect(corsHeaders(await preflight(app, ONE, path))).toEqual({});
      expect(corsHeaders(await fetch(`${app.url}${path}`, { headers: { origin: ONE } }))).toEqual({});
    }
  });

  test('every response of the API varies by origin', async () => {
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

  test('a configured origin can also read the status, body and header of refusals', async () => {
    const answer = await fetch(`${app.url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', origin: ONE, authorization: 'Bearer x' },
      body: JSON.stringify({ query: '{ viewer { id } }' }),
    });
    expect(answer.headers.get('access-control-allow-origin')).toBe(ONE);
    expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  });
});

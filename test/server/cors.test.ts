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

// The link page over HTTP: static, with a strict policy, never cached, in production and development. Its behavior in a
// browser is tested in test/browser/link.test.ts.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';

const PARTS = [
  ['/link', 'text/html; charset=utf-8'],
  ['/link.css', 'text/css; charset=utf-8'],
  ['/link.js', 'text/javascript; charset=utf-8'],
] as const;

const PRODUCTION = {
  NODE_ENV: 'production',
  HOST: '127.0.0.1',
  DATABASE_URL: 'postgres://there.is.one/given.beside.this',
  PUBLIC_URL: 'https://auth.example.com',
  SECRET_KEYS: Buffer.alloc(32, 'production').toString('base64'),
  SMTP_URL: 'smtp://127.0.0.1:9',
  MAIL_FROM: 'Stepgate <auth@example.com>',
  BCRYPT_COST: '10',
};

describe.each([
  ['in development', {}],
  ['in production', PRODUCTION],
])('%s', (_where, environment) => {
  let app: TestApp;

  beforeAll(async () => {
    app = await startTestApp(environment);
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test.each(PARTS)(
    '%s has the right type and security headers, and must not be cached',
    async (path, type) => {
      const answer = await fetch(`${app.url}${path}`);
      const body = await answer.bytes();
      expect(answer.status).toBe(200);
      expect(Object.fromEntries(answer.headers)).toMatchObject({
        'content-type': type,
        'content-length': String(body.length),
        'cache-control': 'no-store',
        'x-content-type-options': 'nosniff',
        'x-frame-options': 'DENY',
        'referrer-policy': 'no-referrer',
      });
      expect(answer.headers.getSetCookie()).toEqual([]);
      expect(body.length).toBeGreaterThan(500);
      expect(body.length).toBeLessThan(16_000);
    },
  );

  test('the link page may only load its own script and style, and only connect to this server', async () => {
    const { headers } = await fetch(`${app.url}/link`);
    expect(headers.get('content-security-policy')?.split('; ').toSorted()).toEqual(
      [
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        'img-src data:',
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
      ].toSorted(),
    );
    const page = await (await fetch(`${app.url}/link`)).text();
    const addresses = [...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, address = '']) => address);
    expect(addresses.filter((one) => !one.startsWith('data:')).toSorted()).toEqual(['/link.css', '/link.js']);
    expect(page).not.toMatch(/<style|\bstyle=|\bon\w+=|<script(?![^>]*\bsrc=)|<form/);
  });

  test.each(PARTS)('%s accepts only GET and HEAD', async (path) => {
    const head = await fetch(`${app.url}${path}`, { method: 'HEAD' });
    const whole = await (await fetch(`${app.url}${path}`)).bytes();
    expect([head.status, (await head.bytes()).length]).toEqual([200, 0]);
    expect(head.headers.get('content-length')).toBe(String(whole.length));
    for (const method of ['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS']) {
      const answer = await fetch(`${app.url}${path}`, { method });
      expect([answer.status, answer.headers.get('allow')]).toEqual([405, 'GET, HEAD']);
      expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'METHOD_NOT_ALLOWED' } }] });
    }
  });

  test('the link page ignores its query string, and does not repeat or log it', async () => {
    const token = 'T'.repeat(43);
    const plain = await (await fetch(`${app.url}/link`)).text();
    const asked = await fetch(`${app.url}/link?token=${token}`, { headers: { cookie: `a=${token}` } });
    expect(await asked.text()).toBe(plain);
    expect(app.log.filter((line) => line.includes(token))).toEqual([]);
  });

  test.each([
    '/link/',
    '/link/page.js',
    '/link.html',
    '/link.ts',
    '/LINK',
    '/link%2ejs',
    '/constructor',
    '/__proto__',
  ])('no other file is served: %s', async (path) => {
    expect((await fetch(`${app.url}${path}`)).status).toBe(404);
  });

  test('the script of the link page keeps the token out of URLs and out of storage that outlives the tab', async () => {
    const script = await (await fetch(`${app.url}/link.js`)).text();
    expect(script).not.toMatch(/localStorage|sessionStorage|indexedDB|document\.cookie|innerHTML|console\./);
  });
});

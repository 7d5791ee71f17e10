// The page of approving devices over HTTP: static, with a strict policy, never cached. Its behavior in a browser is tested
// in test/browser/approve.test.ts.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

test.each([
  ['/approve', 'text/html; charset=utf-8'],
  ['/approve.css', 'text/css; charset=utf-8'],
  ['/approve.js', 'text/javascript; charset=utf-8'],
  ['/approve-device.js', 'text/javascript; charset=utf-8'],
  ['/approve-texts.js', 'text/javascript; charset=utf-8'],
  ['/approve-worker.js', 'text/javascript; charset=utf-8'],
  ['/approve.webmanifest', 'application/manifest+json; charset=utf-8'],
  ['/approve.svg', 'image/svg+xml; charset=utf-8'],
])('%s has the right type and a strict policy, and must not be cached', async (path, type) => {
  const { status, headers } = await fetch(`${app.url}${path}`);
  expect([status, headers.get('content-type'), headers.get('cache-control')]).toEqual([
    200,
    type,
    'no-store',
  ]);
  expect(headers.get('content-security-policy')?.split('; ').toSorted()).toEqual(
    [
      "base-uri 'none'",
      "connect-src 'self'",
      "default-src 'none'",
      "form-action 'none'",
      "frame-ancestors 'none'",
      "img-src 'self' data:",
      "manifest-src 'self'",
      "script-src 'self'",
      "style-src 'self'",
      "worker-src 'self'",
    ].toSorted(),
  );
});

test('says the same in each language', async () => {
  const file = new URL('../../src/server/approve-page/texts.js', import.meta.url).href;
  const { TEXTS } = await import(file);
  const shapeOf = (texts: object): object =>
    Object.fromEntries(
      Object.entries(texts).map(([name, text]) => [
        name,
        typeof text === 'string' ? '' : Array.isArray(text) ? text.length : shapeOf(text),
      ]),
    );
  expect(shapeOf(TEXTS.de)).toEqual(shapeOf(TEXTS.en));
});

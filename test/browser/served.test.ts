// How GraphiQL is served: only to browsers, compressed and cacheable. Tested with raw HTTP, because fetch decompresses
// and caches.
import { get, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';

interface Answer {
  readonly status: number;
  readonly headers: IncomingHttpHeaders;
  readonly body: Buffer;
}

const BROWSER = 'text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8';

describe('GraphiQL over HTTP', () => {
  let app: TestApp;
  const ask = (path: string, headers: Readonly<Record<string, string>> = {}): Promise<Answer> =>
    new Promise((resolve, reject) => {
      get(`${app.url}${path}`, { headers }, (response) => {
        buffer(response).then(
          (body) => resolve({ status: response.statusCode ?? 0, headers: response.headers, body }),
          reject,
        );
      }).on('error', reject);
    });
  const pageOf = async (answer: Promise<Answer>): Promise<string> =>
    gunzipSync((await answer).body).toString();

  beforeAll(async () => {
    app = await startTestApp();
  });
  afterAll(() => app?.[Symbol.asyncDispose]());

  test('is a small compressed page for a browser, and not sent again if it is cached', async () => {
    const first = await ask('/graphql', { accept: BROWSER });
    expect(first.status).toBe(200);
    expect(first.headers).toMatchObject({
      'content-type': 'text/html; charset=utf-8',
      'content-encoding': 'gzip',
      'content-length': String(first.body.length),
      'cache-control': 'no-cache',
      vary: 'Origin, Accept',
    });
    expect(first.body.length).toBeLessThan(2000);
    const etag = first.headers.etag ?? '';
    const again = await ask('/graphql', { accept: BROWSER, 'if-none-match': etag });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
    const other = await ask('/graphql', { accept: BROWSER, 'if-none-match': '"another"' });
    expect([other.status, other.body.length]).toEqual([200, first.body.length]);
  });

  test('has scripts and styles that are compressed, named by content hash, and cached permanently', async () => {
    const page = await pageOf(ask('/graphql', { accept: BROWSER }));
    const addresses = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, address = '']) => address);
    const parts = await Promise.all(addresses.map((address) => ask(address, { accept: '*/*' })));
    expect(parts.map(({ headers }) => headers['content-type'])).toEqual([
      'text/css; charset=utf-8',
      'text/javascript; charset=utf-8',
    ]);
    for (const { status, headers, body } of parts) {
      expect(status).toBe(200);
      expect(headers['content-encoding']).toBe('gzip');
      expect(headers['cache-control']).toBe('public, max-age=31536000, immutable');
      expect(gunzipSync(body).length).toBeGreaterThan(body.length * 1.5);
    }
    const total = parts.reduce((sum, { body }) => sum + body.length, page.length);
    expect(total).toBeLessThan(2_600_000); // measured: 2.42 MB
    expect((await ask('/graphql?graphiql=another', { accept: '*/*' })).status).toBe(404);
  });

  test('refers to no other server', async () => {
    const { headers, body } = await ask('/graphql', { accept: BROWSER });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    const withoutIcon = gunzipSync(body)
      .toString()
      .replaceAll(/"data:[^"]*"/g, '');
    expect(withoutIcon).not.toMatch(/\/\//);
  });

  test.each(['application/json', 'application/graphql-response+json, application/json;q=0.9', '*/*', ''])(
    'is not sent to a client that accepts "%s", which gets an API response',
    async (accept) => {
      const query = encodeURIComponent('{ settings { __typename } }');
      const headers = { accept, 'x-graphql-yoga-csrf': '1' };
      const { status, headers: sent, body } = await ask(`/graphql?query=${query}`, headers);
      expect(status).toBe(200);
      expect(sent['content-type']).toMatch(/json/);
      expect(JSON.parse(body.toString()).data.settings.__typename).toBe('PublicSettings');
      const empty = await ask('/graphql', headers);
      expect(JSON.parse(empty.body.toString()).errors).toHaveLength(1);
    },
  );

  test('is sent to a browser for a URL with a query, and the query does not run', async () => {
    const query = encodeURIComponent('query Shared { settings { __typename } }');
    const page = await pageOf(ask(`/graphql?query=${query}`, { accept: BROWSER }));
    expect(page).toBe(await pageOf(ask('/graphql', { accept: BROWSER })));
    expect(app.log.filter((line) => line.includes('Shared'))).toEqual([]);
  });
});

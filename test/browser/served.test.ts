// How GraphiQL travels: to browsers only, compressed, and kept by them. Said by the bare bytes of HTTP, because fetch
// unpacks and caches by itself.
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

  test('a browser gets a small compressed page, and a page that it already has is not sent again', async () => {
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

  test('its scripts and styles are compressed, named by their content, and kept for good', async () => {
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

  test('the page names no other server', async () => {
    const { headers, body } = await ask('/graphql', { accept: BROWSER });
    expect(headers['content-security-policy']).toContain("default-src 'none'; script-src 'self';");
    const withoutIcon = gunzipSync(body)
      .toString()
      .replaceAll(/"data:[^"]*"/g, '');
    expect(withoutIcon).not.toMatch(/\/\//);
  });

  test.each(['application/json', 'application/graphql-response+json, application/json;q=0.9', '*/*', ''])(
    'a client that accepts "%s" gets an answer of the API, and no page',
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

  test('a browser gets the page at an address with a query too, and the query is not run', async () => {
    const query = encodeURIComponent('query Shared { settings { __typename } }');
    const page = await pageOf(ask(`/graphql?query=${query}`, { accept: BROWSER }));
    expect(page).toBe(await pageOf(ask('/graphql', { accept: BROWSER })));
    expect(app.log.filter((line) => line.includes('Shared'))).toEqual([]);
  });
});

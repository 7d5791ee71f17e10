// How GraphiQL is served: only to browsers, compressed and cacheable. Tested with raw HTTP, because fetch decompresses
// and caches.
import { get, type IncomingHttpHeaders } from 'node:http';
import { buffer } from 'node:stream/consumers';
import { brotliDecompressSync, gunzipSync } from 'node:zlib';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { graphiqlBuild } from '../../src/server/graphiql-build.ts';
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
    expect(first.body.length).toBeLessThan(4000); // measured: 2.9 kB, most of it the tour
    const etag = first.headers.etag ?? '';
    const again = await ask('/graphql', { accept: BROWSER, 'if-none-match': etag });
    expect([again.status, again.body.length, again.headers.etag]).toEqual([304, 0, etag]);
    const other = await ask('/graphql', { accept: BROWSER, 'if-none-match': '"another"' });
    expect([other.status, other.body.length]).toEqual([200, first.body.length]);
  });

  test('has scripts, styles and fonts that are compressed, named by content hash, and cached permanently', async () => {
    const page = await pageOf(ask('/graphql', { accept: BROWSER }));
    const paths = [...page.matchAll(/(?:src|href)="(\/[^"]*)"/g)].map(([, path = '']) => path);
    expect(paths.length).toBeGreaterThan(4);
    const decode = { br: brotliDecompressSync, gzip: gunzipSync, '': (body: Buffer) => body };
    for (const path of paths) {
      const whole = await Promise.all(
        (['br', 'gzip', ''] as const).map(async (coding) => {
          const headers = { accept: '*/*', 'accept-encoding': coding };
          const { status, headers: sent, body } = await ask(path, headers);
          expect(status).toBe(200);
          expect(sent['content-encoding'] ?? '').toBe(coding);
          expect(sent['content-length']).toBe(String(body.length));
          expect(sent['content-type']).toMatch(/^(text\/(javascript|css); charset=utf-8|font\/ttf)$/);
          expect(sent['cache-control']).toBe('public, max-age=31536000, immutable');
          expect(sent.vary).toContain('Accept-Encoding');
          return decode[coding](body).toString('base64');
        }),
      );
      expect(new Set(whole).size).toBe(1);
    }
  });

  test.each(['no-such.js', '../index.html', '..%2findex.html', 'index.html', '', 'constructor'])(
    'has no file named "%s"',
    async (name) => {
      const { status, body } = await ask(`/graphiql/assets/${name}`, { accept: '*/*' });
      expect([status, JSON.parse(body.toString()).errors[0].extensions.code]).toEqual([404, 'NOT_FOUND']);
    },
  );

  test('refers to no other server, and has no script of its own', async () => {
    const { headers, body } = await ask('/graphql', { accept: BROWSER });
    const page = gunzipSync(body).toString();
    expect(headers['content-security-policy']).toContain(
      "default-src 'none'; script-src 'self'; worker-src 'self'; connect-src 'self';",
    );
    expect(headers['content-security-policy']).not.toMatch(/eval|blob|script-src[^;]*inline/);
    expect(page.replaceAll(/"data:[^"]*"/g, '')).not.toMatch(/\/\//);
    const scripts = [...page.matchAll(/<script([^>]*)>([^<]*)/g)].map(([, attributes, text]) => [
      attributes,
      text,
    ]);
    for (const [attributes, text] of scripts) {
      if (text !== '') expect(attributes).toBe(' type="application/json" id="settings"');
    }
    const { files } = await graphiqlBuild();
    const worker = [...files.keys()].find((name) => name.startsWith('editor.worker')) ?? '';
    const policy = (await ask(`/graphiql/assets/${worker}`, { accept: '*/*' })).headers[
      'content-security-policy'
    ];
    expect(policy).toBe(headers['content-security-policy']);
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

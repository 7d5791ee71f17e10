// What the server serves besides the API: health checks, keys and pages, and a typed 404 everywhere else. Internal
// failures reveal no details.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { inboxPage } from '../../src/server/inbox.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { databaseServer, onServer } from '../harness/database.ts';
import { query } from '../harness/sql.ts';
import { rawHttp } from './raw-http.ts';

let app: TestApp;
let client: TestClient;
let person: Person;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  person = await client.signUp();
});
afterAll(() => app[Symbol.asyncDispose]());

const VIEWER = '{ viewer { id } }';

describe('every response', () => {
  test.each(['/', '/graphql', '/healthz', '/readyz', '/.well-known/jwks.json', '/dev/inbox', '/nowhere'])(
    'has headers against content sniffing, framing and referrers: %s',
    async (path) => {
      for (const accept of ['application/json', 'text/html']) {
        const { headers } = await fetch(`${app.url}${path}`, { headers: { accept }, redirect: 'manual' });
        expect(headers.get('x-content-type-options')).toBe('nosniff');
        expect(headers.get('x-frame-options')).toBe('DENY');
        expect(headers.get('referrer-policy')).toBe('no-referrer');
        expect(headers.get('content-security-policy')).toContain("frame-ancestors 'none'");
        expect(headers.get('x-powered-by')).toBeNull();
        expect(headers.get('server')).toBeNull();
      }
    },
  );

  test.each(['HEAD', 'OPTIONS', 'POST', 'DELETE', 'TRACE'])(
    'has these headers for %s as well',
    async (method) => {
      for (const path of [
        '/',
        '/graphql',
        '/healthz',
        '/link',
        '/link.js',
        '/dev/inbox',
        '/nowhere',
        '/graphiql/assets/x',
      ]) {
        const { head } = await rawHttp(
          app.url,
          `${method} ${path} HTTP/1.1\r\nhost: localhost\r\naccept: text/html\r\ncontent-length: 0\r\nconnection: close\r\n\r\n`,
        );
        expect(head).toMatch(/^x-content-type-options: nosniff$/im);
        expect(head).toMatch(/^content-security-policy: .*frame-ancestors 'none'/im);
      }
    },
  );

  test.each([
    ['bytes that are not HTTP', 'x\r\n\r\n', 400],
    ['headers that are too large', `GET / HTTP/1.1\r\nhost: h\r\nx: ${'x'.repeat(20_000)}\r\n\r\n`, 431],
    ['an invalid Host header', 'GET / HTTP/1.1\r\nhost: a b\r\nconnection: close\r\n\r\n', 400],
    ['an Expect header', 'GET / HTTP/1.1\r\nhost: h\r\nexpect: x\r\nconnection: close\r\n\r\n', 417],
  ])('has these headers after %s', async (_what, bytes, status) => {
    const answer = await rawHttp(app.url, bytes);
    expect(answer.status).toBe(status);
    expect(answer.head).toMatch(/^x-content-type-options: nosniff$/im);
    expect(answer.head).toMatch(/^content-security-policy: .*frame-ancestors 'none'/im);
    expect(JSON.parse(answer.body)).toMatchObject({ errors: [{ extensions: { code: expect.any(String) } }] });
  });

  test('to HEAD is the same as to GET, without the body', async () => {
    for (const path of ['/graphql', '/healthz', '/readyz', '/.well-known/jwks.json', '/link', '/dev/inbox']) {
      const headers = { accept: 'text/html' };
      const get = await fetch(`${app.url}${path}`, { headers });
      const head = await fetch(`${app.url}${path}`, { method: 'HEAD', headers });
      expect(head.status).toBe(get.status);
      for (const name of ['content-type', 'cache-control', 'content-security-policy', 'vary', 'etag'])
        expect(head.headers.get(name)).toBe(get.headers.get(name));
      expect(await head.text()).toBe('');
      expect(await get.text()).not.toBe('');
    }
  });

  test('tells browsers to use HTTPS only if PUBLIC_URL is an https URL', async () => {
    expect((await fetch(`${app.url}/healthz`)).headers.get('strict-transport-security')).toBeNull();
    await using secure = await startTestApp({ PUBLIC_URL: 'https://auth.example.com' });
    for (const path of ['/healthz', '/graphql', '/nowhere', '/link']) {
      const { headers } = await fetch(`${secure.url}${path}`);
      expect(headers.get('strict-transport-security')).toBe('max-age=31536000');
    }
    const bare = await rawHttp(secure.url, 'x\r\n\r\n');
    expect(bare.head).toMatch(/^strict-transport-security: max-age=31536000$/im);
  });

  test('of the API must not be cached', async () => {
    const { headers } = await client.graphql('{ settings { __typename } }');
    expect(headers.get('cache-control')).toBe('no-store');
    const inbox = await fetch(`${app.url}/dev/inbox.json`);
    expect(inbox.headers.get('cache-control')).toBe('no-store');
  });

  test('that is not a page has a policy that loads nothing', async () => {
    for (const path of ['/healthz', '/nowhere', '/dev/inbox.json']) {
      const { headers } = await fetch(`${app.url}${path}`);
      expect(headers.get('content-security-policy')).toContain("default-src 'none'");
    }
  });
});

describe('an unknown path', () => {
  test.each([
    '/nowhere',
    '/graphql/x',
    '/dev',
    '/dev/inbox/',
    '/metrics',
    '/.env',
    '/.well-known/x',
    '/healthz/',
  ])('gets a typed 404: %s', async (path) => {
    for (const method of ['GET', 'POST', 'DELETE']) {
      const answer = await fetch(`${app.url}${path}?x=1`, { method });
      expect(answer.status).toBe(404);
      expect(await answer.json()).toEqual({
        errors: [
          {
            message: 'Nothing is served at this path. The API is at /graphql.',
            extensions: { code: 'NOT_FOUND' },
          },
        ],
      });
    }
  });

  test('does not include the root, which redirects to GraphiQL', async () => {
    const answer = await fetch(`${app.url}/`, { redirect: 'manual' });
    expect(answer.status).toBe(302);
    expect(answer.headers.get('location')).toBe('/graphql');
    const page = await fetch(`${app.url}/`, { headers: { accept: 'text/html' } });
    expect(page.headers.get('content-type')).toContain('text/html');
  });
});

describe('the development inbox', () => {
  test('shows sent messages, newest first, as JSON and as a page', async () => {
    const email = 'inbox@example.com';
    await client.startSignUp({ email, password: 'long enough' });
    const [newest, older] = await client.inbox();
    expect(newest).toEqual({
      id: expect.any(String),
      channel: 'email',
      to: email,
      subject: expect.stringMatching(/\d{6}/),
      text: expect.stringMatching(/\d{6}/),
      sentAt: expect.stringMatching(/^\d{4}-\d\d-\d\dT.*Z$/),
    });
    expect((newest?.sentAt ?? '') > (older?.sentAt ?? '')).toBe(true);
    const page = await fetch(`${app.url}/dev/inbox`);
    expect(page.headers.get('content-type')).toBe('text/html; charset=utf-8');
    expect(await page.text()).toContain(await client.codeFor(email));
  });

  test('escapes HTML and scripts in messages', () => {
    const hostile = `</pre><img src=x onerror="alert('&')">`;
    const message = {
      id: '1',
      channel: 'email',
      to: hostile,
      subject: hostile,
      text: hostile,
      sentAt: hostile,
    } as const;
    const page = inboxPage([message]);
    expect(page).not.toContain('<img');
    expect(page).not.toMatch(/<\/pre>.*<\/pre>/s);
    expect(page.split('&#60;img src=x onerror=&#34;alert(&#39;&#38;&#39;)&#34;&#62;')).toHaveLength(5);
  });
});

describe('the health checks', () => {
  test('succeed if the process and the database are healthy', async () => {
    const health = await fetch(`${app.url}/healthz`);
    expect([health.status, await health.json()]).toEqual([200, { status: 'ok' }]);
    const ready = await fetch(`${app.url}/readyz`);
    expect([ready.status, await ready.json()]).toEqual([200, { status: 'ready' }]);
  });

  test('report that the server is not ready if the database is not migrated', async () => {
    const [last] = await query<{ id: number; name: string; executed_at: Date }>(
      app.databaseUrl,
      'delete from mikro_orm_migrations where id = (select max(id) from mikro_orm_migrations) returning *',
    );
    expect((await fetch(`${app.url}/readyz`)).status).toBe(503);
    await query(
      app.databaseUrl,
      'insert into mikro_orm_migrations (id, name, executed_at) values ($1, $2, $3)',
      [last?.id, last?.name, last?.executed_at],
    );
    expect((await fetch(`${app.url}/readyz`)).status).toBe(200);
  });
});

describe('an internal failure', () => {
  /** Removes a table while the callback runs. */
  async function without(table: string, run: () => Promise<void>): Promise<void> {
    await query(app.databaseUrl, `alter table ${table} rename to gone_for_now`);
    try {
      await run();
    } finally {
      await query(app.databaseUrl, `alter table gone_for_now rename to ${table}`);
    }
  }

  const INSIDE =
    /relation|exist|select|session\b|tenant|signing|outbox|postgres|error:|node_modules|\.ts|at /i;

  test('of a resolver is reported as unexpected, and only the log has details', async () => {
    await without('tenant', async () => {
      const before = app.log.length;
      const answer = await client.graphql('{ settings { secondFactorPolicy } }');
      expect(answer.errors).toEqual([
        {
          message: 'Unexpected error.',
          path: ['settings'],
          locations: [{ line: 1, column: 3 }],
          extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: answer.headers.get('x-request-id') },
        },
      ]);
      expect(answer.data).toBeNull();
      const lines = app.log.slice(before).map((line) => JSON.parse(line));
      const logged = lines.find((line) => line.level === 50);
      expect(logged).toMatchObject({
        msg: 'unexpected error',
        requestId: answer.headers.get('x-request-id'),
        err: { type: expect.any(String), message: expect.stringContaining('tenant') },
      });
    });
  });

  test('of the session lookup refuses the request without details', async () => {
    await without('session', async () => {
      const answer = await client.graphql(VIEWER, {}, person.accessToken);
      expect(answer.status).toBe(500);
      expect(JSON.parse(answer.text)).toEqual({
        errors: [
          {
            message: 'Unexpected error.',
            extensions: { code: 'INTERNAL_SERVER_ERROR', requestId: answer.headers.get('x-request-id') },
          },
        ],
      });
      expect(answer.text).not.toMatch(INSIDE);
    });
    expect((await client.graphql(VIEWER, {}, person.accessToken)).errors).toEqual([]);
  });

  test('of a mutation changes nothing, and the same steps work afterwards', async () => {
    const { id } = await client.startSignIn({ identifier: person.email });
    await without('audit_event', async () => {
      await expect(client.attempt(id, { password: person.password })).rejects.toThrow('Unexpected error.');
      await expect(client.attempt(id, { password: 'wrong' })).rejects.toThrow('Unexpected error.');
    });
    expect((await client.attempt(id, { password: person.password })).status).toBe('COMPLETE');
  });

  test.each([
    ['/.well-known/jwks.json', 'signing_key'],
    ['/dev/inbox.json', 'outbox_message'],
    ['/dev/inbox', 'outbox_message'],
  ])('of %s gets a typed 500', async (path, table) => {
    await without(table, async () => {
      const answer = await fetch(`${app.url}${path}`);
      expect(answer.status).toBe(500);
      expect(await answer.json()).toEqual({
        errors: [{ message: 'An unexpected error occurred.', extensions: { code: 'INTERNAL_SERVER_ERROR' } }],
      });
      expect(answer.headers.get('cache-control') ?? 'no-store').toBe('no-store'); // must not be cached
    });
    expect((await fetch(`${app.url}${path}`)).status).toBe(200);
  });
});

const SOON = { timeout: 10_000, interval: 50 };

describe('a temporary database outage', () => {
  test('makes the server not ready but keeps it alive, and everything works again afterwards', async () => {
    // The first token that this process verifies arrives during the outage. The failure must not be cached.
    await using node = await startTestApp({}, app.databaseUrl);
    const there = new TestClient(node);
    const { url: serverUrl } = await databaseServer();
    const name = new URL(app.databaseUrl).pathname.slice(1);
    await onServer(serverUrl, `alter database ${name} with allow_connections false`);
    try {
      await onServer(
        serverUrl,
        `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`,
      );
      for (const { url } of [app, node]) {
        const ready = await fetch(`${url}/readyz`);
        expect(ready.status).toBe(503);
        expect(await ready.json()).toEqual({ status: 'not ready' });
        expect((await fetch(`${url}/healthz`)).status).toBe(200);
      }
      const answer = await there.graphql(VIEWER, {}, person.accessToken);
      expect(answer.status).toBe(503);
      expect(answer.errors).toMatchObject([{ extensions: { code: 'UNAVAILABLE' } }]);
      expect(answer.text).not.toContain(name);
    } finally {
      await onServer(serverUrl, `alter database ${name} with allow_connections true`);
    }
    // On a busy machine, the pool may discover its broken connections one by one.
    for (const { url } of [app, node]) {
      await expect.poll(async () => (await fetch(`${url}/readyz`)).status, SOON).toBe(200);
    }
    for (const one of [client, there]) {
      const viewerId = async (): Promise<unknown> =>
        (await one.graphql(VIEWER, {}, person.accessToken)).data?.viewer?.id;
      await expect.poll(viewerId, SOON).toEqual(expect.any(String));
    }
    expect((await there.signIn(person)).accessToken).toBeTruthy();
  });
});

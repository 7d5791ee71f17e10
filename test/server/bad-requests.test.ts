// Requests that violate GraphQL over HTTP. Each is refused with a typed error and a status below 500, and logged. Neither
// the response nor the log repeats what was sent.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { rawHttp, rawPost } from './raw-http.ts';

const SETTINGS = '{ settings { secondFactorPolicy } }';
const BOTH = 'application/graphql-response+json, application/json';
const JSON_TYPE = { 'content-type': 'application/json', accept: BOTH };
const CSRF = { 'x-graphql-yoga-csrf': '1' };
const SECRET = 'hunter2hunter2';

/** The log line is written when the response ends, slightly after the client has read it. */
const SOON = { interval: 2 };

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

interface Refusal {
  readonly status: number;
  readonly code: unknown;
}

/** Sends a request, checks that it is refused with typed errors and logged, and that neither contains the secret. */
async function refusalOf(path: string, init: RequestInit): Promise<Refusal> {
  const before = app.log.length;
  const response = await fetch(`${app.url}${path}`, init);
  const text = await response.text();
  expect(text).not.toContain(SECRET);
  const { errors } = JSON.parse(text) as { errors: { message: string; extensions: { code: string } }[] };
  for (const { message, extensions } of errors) {
    expect(message).toBeTruthy();
    expect(extensions).toEqual({ code: expect.stringMatching(/^[A-Z_]+$/) });
  }
  await vi.waitFor(() => {
    expect(app.log.slice(before).join('')).toContain(`"status":${response.status}`);
  }, SOON);
  expect(app.log.slice(before).join('')).not.toContain(SECRET);
  return { status: response.status, code: errors[0]?.extensions.code };
}

function post(body: string, headers: Record<string, string> = JSON_TYPE): RequestInit {
  return { method: 'POST', headers, body };
}

const operation = (params: object): RequestInit => post(JSON.stringify(params));
const batch = (operations: readonly unknown[]): RequestInit => post(JSON.stringify(operations));
const get = (query: Record<string, string>): string => `/graphql?${new URLSearchParams(query).toString()}`;

describe('the request body', () => {
  test.each<[string, RequestInit, Refusal]>([
    ['that ends too early', post('{"query": "{ settings'), { status: 400, code: 'BAD_REQUEST' }],
    [
      'that is not valid JSON but contains a password',
      post(`{"query": "x", "variables": {"password": ${SECRET}}}`),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    ['that is empty', post(''), { status: 400, code: 'BAD_REQUEST' }],
    ['of a NUL byte', post('\0'), { status: 400, code: 'BAD_REQUEST' }],
    ['of null', post('null'), { status: 400, code: 'BAD_REQUEST' }],
    ['of a number', post('123'), { status: 400, code: 'BAD_REQUEST' }],
    ['of a string', post(`"${SECRET}"`), { status: 400, code: 'BAD_REQUEST' }],
    ['of an empty object', post('{}'), { status: 400, code: 'BAD_REQUEST' }],
    ['of an empty batch', post('[]'), { status: 400, code: 'BAD_REQUEST' }],
    ['of a batch of null', post('[null]'), { status: 400, code: 'BAD_REQUEST' }],
    ['of a batch in a batch', post('[[]]'), { status: 400, code: 'BAD_REQUEST' }],
    ['whose query is a number', operation({ query: 1 }), { status: 400, code: 'BAD_REQUEST' }],
    ['whose query is empty', operation({ query: '' }), { status: 400, code: 'GRAPHQL_PARSE_FAILED' }],
    [
      'whose variables are a string',
      operation({ query: SETTINGS, variables: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose variables are a list',
      operation({ query: SETTINGS, variables: [SECRET] }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose operationName is a number',
      operation({ query: SETTINGS, operationName: 5 }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose operationName is an object',
      operation({ query: SETTINGS, operationName: { slice: SECRET } }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose operationName names no operation',
      operation({ query: `query A ${SETTINGS}`, operationName: 'B' }),
      { status: 400, code: 'OPERATION_RESOLUTION_FAILURE' },
    ],
    [
      'with two operations and no operationName',
      operation({ query: `query A ${SETTINGS} query B ${SETTINGS}` }),
      { status: 400, code: 'OPERATION_RESOLUTION_FAILURE' },
    ],
    [
      'whose extensions are a string',
      operation({ query: SETTINGS, extensions: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'with an unknown property',
      operation({ query: SETTINGS, password: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'with a persisted query, which this server does not support',
      operation({ extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'with a subscription',
      operation({ query: 'subscription { workflow(id: "x") { id } }' }),
      { status: 406, code: 'NOT_ACCEPTABLE' },
    ],
    [
      'with a batch of eleven operations',
      batch(Array.from({ length: 11 }, () => ({ query: SETTINGS }))),
      { status: 413, code: 'LIMIT_EXCEEDED' },
    ],
    ['one byte over the limit', post(`"${'x'.repeat(99_999)}"`), { status: 413, code: 'LIMIT_EXCEEDED' }],
    ['of many times the limit', post('x'.repeat(4_000_000)), { status: 413, code: 'LIMIT_EXCEEDED' }],
  ])('a body %s is refused with a typed error', async (_what, init, refusal) => {
    expect(await refusalOf('/graphql', init)).toEqual(refusal);
  });

  test('a batch of ten operations is accepted', async () => {
    const response = await fetch(
      `${app.url}/graphql`,
      batch(Array.from({ length: 10 }, () => ({ query: SETTINGS }))),
    );
    expect(await response.json()).toHaveLength(10);
  });

  test('a body of exactly the maximum size is accepted', async () => {
    const query = SETTINGS.padEnd(100_000 - JSON.stringify({ query: '' }).length, ' ');
    const response = await fetch(`${app.url}/graphql`, operation({ query }));
    expect(await response.json()).toEqual({ data: { settings: { secondFactorPolicy: 'OPTIONAL' } } });
  });

  test('a body without a Content-Length is refused unread', async () => {
    const body = new Blob([JSON.stringify({ query: SETTINGS })]).stream();
    const init = { method: 'POST', headers: JSON_TYPE, body, duplex: 'half' };
    expect(await refusalOf('/graphql', init)).toEqual({ status: 411, code: 'LENGTH_REQUIRED' });
  });
});

describe('the content type', () => {
  const operations = new FormData();
  operations.set('operations', JSON.stringify({ query: SETTINGS }));
  test.each<[string, RequestInit]>([
    ['text/plain', post(JSON.stringify({ query: SETTINGS }), { 'content-type': 'text/plain' })],
    [
      'text/plain followed by application/json',
      post(JSON.stringify({ query: SETTINGS }), { 'content-type': 'text/plain, application/json' }),
    ],
    [
      'a form',
      post(`query=${encodeURIComponent(SETTINGS)}`, { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['a multipart form', { method: 'POST', body: operations }],
    [
      'no content type',
      { method: 'POST', body: new TextEncoder().encode(JSON.stringify({ query: SETTINGS })) },
    ],
  ])('%s is refused, because other origins can send it without a preflight', async (_what, init) => {
    const expected = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' };
    expect(await refusalOf('/graphql', init)).toEqual(expected);
    expect(await refusalOf('/graphql', { ...init, headers: { ...init.headers, ...CSRF } })).toEqual(expected);
  });

  test('types other than JSON are refused', async () => {
    for (const type of ['application/xml', 'application/graphql', 'application/jsonx', 'image/png']) {
      expect(await refusalOf('/graphql', post(SETTINGS, { 'content-type': type }))).toEqual({
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
      });
    }
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])(
    '%s is accepted as JSON',
    async (type) => {
      const response = await fetch(
        `${app.url}/graphql`,
        post(JSON.stringify({ query: SETTINGS }), { 'content-type': type }),
      );
      expect(response.status).toBe(200);
    },
  );
});

describe('a GET query', () => {
  test('is refused without a header that only scripts of allowed origins can send', async () => {
    expect(await refusalOf(get({ query: SETTINGS }), {})).toEqual({ status: 403, code: 'BAD_REQUEST' });
  });

  test.each([CSRF, { 'x-stepgate-session': 'none' }])('is accepted with the header %j', async (headers) => {
    const response = await fetch(`${app.url}${get({ query: SETTINGS })}`, { headers });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { settings: { secondFactorPolicy: 'OPTIONAL' } } });
  });

  test.each<[string, string, Refusal]>([
    ['with a mutation', get({ query: 'mutation { signOut { id } }' }), { status: 405, code: 'BAD_REQUEST' }],
    [
      'whose variables are not valid JSON',
      get({ query: SETTINGS, variables: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose extensions are not valid JSON',
      get({ query: SETTINGS, extensions: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose variables are a number',
      get({ query: SETTINGS, variables: '5' }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    ['without a query', '/graphql', { status: 400, code: 'BAD_REQUEST' }],
    [
      'of bytes that are not valid text',
      '/graphql?query=%ff%zz',
      { status: 400, code: 'GRAPHQL_PARSE_FAILED' },
    ],
  ])('a GET query %s is refused', async (_what, path, refusal) => {
    expect(await refusalOf(path, { headers: { ...CSRF, accept: BOTH } })).toEqual(refusal);
  });
});

describe('the Accept header', () => {
  test.each(['image/png', 'text/html', 'application/jsonx', 'application/*x'])(
    'a request that accepts only %s is refused before anything runs',
    async (accept) => {
      const mutation = `mutation { startSignUp(input: { email: "a@example.com", password: "${SECRET}" }) { __typename } }`;
      const init = post(JSON.stringify({ query: mutation }), { 'content-type': 'application/json', accept });
      expect(await refusalOf('/graphql', init)).toEqual({ status: 406, code: 'NOT_ACCEPTABLE' });
      const inbox = await fetch(`${app.url}/dev/inbox.json`);
      expect(await inbox.json()).toEqual([]);
    },
  );

  test.each(['*/*', 'application/*', 'text/html, */*;q=0.1', 'application/json; charset=utf-8', ''])(
    'a request that accepts "%s" is served',
    async (accept) => {
      const response = await fetch(
        `${app.url}/graphql`,
        post(JSON.stringify({ query: SETTINGS }), { 'content-type': 'application/json', accept }),
      );
      expect(response.status).toBe(200);
    },
  );
});

describe('the HTTP method', () => {
  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s is not allowed on any path', async (method) => {
    expect(await refusalOf('/graphql', { method, headers: CSRF })).toEqual({
      status: 405,
      code: 'METHOD_NOT_ALLOWED',
    });
    for (const path of [
      '/healthz',
      '/readyz',
      '/.well-known/jwks.json',
      '/dev/inbox.json',
      '/dev/inbox',
      '/',
    ])
      expect(await refusalOf(path, { method })).toEqual({ status: 405, code: 'METHOD_NOT_ALLOWED' });
  });

  test('POST is allowed for the API only', async () => {
    expect((await refusalOf('/healthz', { method: 'POST' })).status).toBe(405);
  });

  test('HEAD returns the status of GET without a body', async () => {
    const response = await fetch(`${app.url}/healthz`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect((await fetch(`${app.url}/graphql`, { method: 'HEAD' })).status).toBe(405);
  });
});

describe('a raw request', () => {
  const QUERY = JSON.stringify({ query: SETTINGS });

  test.each(['a b', '[', 'h:99999', '', 'h/..', 'user@h', 'h?', 'h\\'])(
    'with the invalid host "%s" is refused without a stack trace',
    async (host) => {
      const { status, body } = await rawHttp(app.url, rawPost(QUERY, { host }));
      expect(status).toBe(400);
      expect(JSON.parse(body)).toEqual({
        errors: [{ message: 'The Host header is not a valid host.', extensions: { code: 'BAD_REQUEST' } }],
      });
    },
  );

  test.each<[string, string, number, string]>([
    ['that is not HTTP', `${SECRET}\r\n\r\n`, 400, 'BAD_REQUEST'],
    ['of HTTP/9.9', 'GET /healthz HTTP/9.9\r\nhost: h\r\n\r\n', 400, 'BAD_REQUEST'],
    [
      'with two Content-Length headers',
      rawPost(QUERY, { 'content-length': '3\r\ncontent-length: 4' }),
      400,
      'BAD_REQUEST',
    ],
    ['with a negative Content-Length', rawPost(QUERY, { 'content-length': '-1' }), 400, 'BAD_REQUEST'],
    [
      'with both Content-Length and Transfer-Encoding',
      rawPost('0\r\n\r\n', { 'transfer-encoding': 'chunked' }),
      400,
      'BAD_REQUEST',
    ],
    [
      'with a line break in a header',
      rawPost(QUERY, { authorization: `Bearer ${SECRET}\nx: y\0` }),
      400,
      'BAD_REQUEST',
    ],
    [
      'with headers of 20 kilobytes',
      rawPost(QUERY, { authorization: `Bearer ${SECRET}${'x'.repeat(20_000)}` }),
      431,
      'LIMIT_EXCEEDED',
    ],
  ])('a raw request %s gets a typed error and a log line', async (_what, bytes, status, code) => {
    const before = app.log.length;
    const answer = await rawHttp(app.url, bytes);
    expect(answer.status).toBe(status);
    expect(JSON.parse(answer.body)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code } }],
    });
    await vi.waitFor(() => expect(app.log.slice(before).join('')).toContain(`"status":${status}`), SOON);
    expect(app.log.slice(before).join('')).not.toContain(SECRET);
  });

  test.each([
    '//graphql',
    '/graphql/',
    '/graphql%00',
    '/GRAPHQL',
    '/dev/../graphql',
    'http://h/graphql',
    '*',
  ])('for the path %s gets a 404', async (path) => {
    const answer = await rawHttp(app.url, rawPost(QUERY).replace('/graphql', path));
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body).errors[0].extensions).toEqual({ code: 'NOT_FOUND' });
  });

  test('with control characters or thousands of characters in its path cannot forge or flood log lines', async () => {
    const before = app.log.length;
    await rawHttp(
      app.url,
      `GET /%0a{"level":30}"\\${'x'.repeat(9000)} HTTP/1.1\r\nhost: h\r\nconnection: close\r\n\r\n`,
    );
    await vi.waitFor(() => expect(app.log.slice(before).join('')).toContain('"status":404'), SOON);
    for (const line of app.log.slice(before)) {
      expect(line.length).toBeLessThan(1000);
      expect(JSON.parse(line)).not.toHaveProperty('level', '30');
      expect(line.trimEnd()).not.toContain('\n');
    }
  });
});

test('the server still works after all these requests', async () => {
  const response = await fetch(`${app.url}/graphql`, operation({ query: SETTINGS }));
  expect(response.status).toBe(200);
});

// Requests that are no GraphQL over HTTP: each is refused with a typed error, below 500, with a line in the log, and
// with no word of what was sent.
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { rawHttp, rawPost } from './raw-http.ts';

const SETTINGS = '{ settings { secondFactorPolicy } }';
const BOTH = 'application/graphql-response+json, application/json';
const JSON_TYPE = { 'content-type': 'application/json', accept: BOTH };
const CSRF = { 'x-graphql-yoga-csrf': '1' };
const SECRET = 'hunter2hunter2';

/** The log's line comes with the end of the response, a moment after the client has read it. */
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

/** What came back, which must be one or more typed errors; and what was logged for it, without the secret. */
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

describe('a body', () => {
  test.each<[string, RequestInit, Refusal]>([
    ['that ends too early', post('{"query": "{ settings'), { status: 400, code: 'BAD_REQUEST' }],
    [
      'that is no JSON, and holds a password all the same',
      post(`{"query": "x", "variables": {"password": ${SECRET}}}`),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    ['of nothing', post(''), { status: 400, code: 'BAD_REQUEST' }],
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
      'whose operationName is no operation’s',
      operation({ query: `query A ${SETTINGS}`, operationName: 'B' }),
      { status: 400, code: 'OPERATION_RESOLUTION_FAILURE' },
    ],
    [
      'of two operations and no name',
      operation({ query: `query A ${SETTINGS} query B ${SETTINGS}` }),
      { status: 400, code: 'OPERATION_RESOLUTION_FAILURE' },
    ],
    [
      'whose extensions are a string',
      operation({ query: SETTINGS, extensions: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'with an unknown member',
      operation({ query: SETTINGS, password: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'of a persisted query, which this server does not know',
      operation({ extensions: { persistedQuery: { version: 1, sha256Hash: '0'.repeat(64) } } }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'of a subscription',
      operation({ query: 'subscription { settings }' }),
      { status: 200, code: 'BAD_REQUEST' },
    ],
    [
      'of eleven operations',
      batch(Array.from({ length: 11 }, () => ({ query: SETTINGS }))),
      { status: 413, code: 'LIMIT_EXCEEDED' },
    ],
    ['of a byte more than is read', post(`"${'x'.repeat(99_999)}"`), { status: 413, code: 'LIMIT_EXCEEDED' }],
    ['of many times what is read', post('x'.repeat(4_000_000)), { status: 413, code: 'LIMIT_EXCEEDED' }],
  ])('%s', async (_what, init, refusal) => {
    expect(await refusalOf('/graphql', init)).toEqual(refusal);
  });

  test('of ten operations is a batch like any other', async () => {
    const response = await fetch(
      `${app.url}/graphql`,
      batch(Array.from({ length: 10 }, () => ({ query: SETTINGS }))),
    );
    expect(await response.json()).toHaveLength(10);
  });

  test('of exactly as many bytes as are read is read', async () => {
    const query = SETTINGS.padEnd(100_000 - JSON.stringify({ query: '' }).length, ' ');
    const response = await fetch(`${app.url}/graphql`, operation({ query }));
    expect(await response.json()).toEqual({ data: { settings: { secondFactorPolicy: 'OPTIONAL' } } });
  });

  test('without a length is refused unread', async () => {
    const body = new Blob([JSON.stringify({ query: SETTINGS })]).stream();
    const init = { method: 'POST', headers: JSON_TYPE, body, duplex: 'half' };
    expect(await refusalOf('/graphql', init)).toEqual({ status: 411, code: 'LENGTH_REQUIRED' });
  });
});

describe('a content type that a page of another origin could send without asking', () => {
  const operations = new FormData();
  operations.set('operations', JSON.stringify({ query: SETTINGS }));
  test.each<[string, RequestInit]>([
    ['text/plain', post(JSON.stringify({ query: SETTINGS }), { 'content-type': 'text/plain' })],
    [
      'text/plain that names JSON after it',
      post(JSON.stringify({ query: SETTINGS }), { 'content-type': 'text/plain, application/json' }),
    ],
    [
      'a form',
      post(`query=${encodeURIComponent(SETTINGS)}`, { 'content-type': 'application/x-www-form-urlencoded' }),
    ],
    ['a multipart form', { method: 'POST', body: operations }],
    ['none at all', { method: 'POST', body: new TextEncoder().encode(JSON.stringify({ query: SETTINGS })) }],
  ])('is refused: %s', async (_what, init) => {
    const expected = { status: 415, code: 'UNSUPPORTED_MEDIA_TYPE' };
    expect(await refusalOf('/graphql', init)).toEqual(expected);
    expect(await refusalOf('/graphql', { ...init, headers: { ...init.headers, ...CSRF } })).toEqual(expected);
  });

  test('and so is every other but JSON', async () => {
    for (const type of ['application/xml', 'application/graphql', 'application/jsonx', 'image/png']) {
      expect(await refusalOf('/graphql', post(SETTINGS, { 'content-type': type }))).toEqual({
        status: 415,
        code: 'UNSUPPORTED_MEDIA_TYPE',
      });
    }
  });

  test.each(['application/json; charset=utf-8', 'Application/JSON', 'application/json;charset=UTF-8'])(
    'while %s is JSON',
    async (type) => {
      const response = await fetch(
        `${app.url}/graphql`,
        post(JSON.stringify({ query: SETTINGS }), { 'content-type': type }),
      );
      expect(response.status).toBe(200);
    },
  );
});

describe('a query by GET', () => {
  test('is refused without a header that only a script of an allowed origin can send', async () => {
    expect(await refusalOf(get({ query: SETTINGS }), {})).toEqual({ status: 403, code: 'BAD_REQUEST' });
  });

  test.each([CSRF, { 'x-stepgate-session': 'none' }])('is answered with it: %j', async (headers) => {
    const response = await fetch(`${app.url}${get({ query: SETTINGS })}`, { headers });
    expect(response.status).toBe(200);
    expect(await response.json()).toEqual({ data: { settings: { secondFactorPolicy: 'OPTIONAL' } } });
  });

  test.each<[string, string, Refusal]>([
    [
      'that is a mutation',
      get({ query: 'mutation { signOut { id } }' }),
      { status: 405, code: 'BAD_REQUEST' },
    ],
    [
      'whose variables are no JSON',
      get({ query: SETTINGS, variables: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose extensions are no JSON',
      get({ query: SETTINGS, extensions: SECRET }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    [
      'whose variables are a number',
      get({ query: SETTINGS, variables: '5' }),
      { status: 400, code: 'BAD_REQUEST' },
    ],
    ['without a query', '/graphql', { status: 400, code: 'BAD_REQUEST' }],
    ['of bytes that are no text', '/graphql?query=%ff%zz', { status: 400, code: 'GRAPHQL_PARSE_FAILED' }],
  ])('%s is refused', async (_what, path, refusal) => {
    expect(await refusalOf(path, { headers: { ...CSRF, accept: BOTH } })).toEqual(refusal);
  });
});

describe('an answer in a form that the server does not make', () => {
  test.each(['image/png', 'text/html', 'application/jsonx', 'application/*x'])(
    'is refused before anything ran: %s',
    async (accept) => {
      const mutation = `mutation { startSignUp(input: { email: "a@example.com", password: "${SECRET}" }) { __typename } }`;
      const init = post(JSON.stringify({ query: mutation }), { 'content-type': 'application/json', accept });
      expect(await refusalOf('/graphql', init)).toEqual({ status: 406, code: 'NOT_ACCEPTABLE' });
      const inbox = await fetch(`${app.url}/dev/inbox.json`);
      expect(await inbox.json()).toEqual([]);
    },
  );

  test.each(['*/*', 'application/*', 'text/html, */*;q=0.1', 'application/json; charset=utf-8', ''])(
    'is not what "%s" asks for',
    async (accept) => {
      const response = await fetch(
        `${app.url}/graphql`,
        post(JSON.stringify({ query: SETTINGS }), { 'content-type': 'application/json', accept }),
      );
      expect(response.status).toBe(200);
    },
  );
});

describe('a method', () => {
  test.each(['PUT', 'PATCH', 'DELETE', 'OPTIONS'])('%s does nothing anywhere', async (method) => {
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

  test('POST is for the API only', async () => {
    expect((await refusalOf('/healthz', { method: 'POST' })).status).toBe(405);
  });

  test('HEAD answers what GET does, without a body', async () => {
    const response = await fetch(`${app.url}/healthz`, { method: 'HEAD' });
    expect(response.status).toBe(200);
    expect(await response.text()).toBe('');
    expect((await fetch(`${app.url}/graphql`, { method: 'HEAD' })).status).toBe(405);
  });
});

describe('bytes', () => {
  const QUERY = JSON.stringify({ query: SETTINGS });

  test.each(['a b', '[', 'h:99999', '', 'h/..', 'user@h', 'h?', 'h\\'])(
    'with the host "%s" are refused, and no stack is shown',
    async (host) => {
      const { status, body } = await rawHttp(app.url, rawPost(QUERY, { host }));
      expect(status).toBe(400);
      expect(JSON.parse(body)).toEqual({
        errors: [{ message: 'The Host header is not a host.', extensions: { code: 'BAD_REQUEST' } }],
      });
    },
  );

  test.each<[string, string, number, string]>([
    ['that are no HTTP', `${SECRET}\r\n\r\n`, 400, 'BAD_REQUEST'],
    ['of HTTP/9.9', 'GET /healthz HTTP/9.9\r\nhost: h\r\n\r\n', 400, 'BAD_REQUEST'],
    ['with two lengths', rawPost(QUERY, { 'content-length': '3\r\ncontent-length: 4' }), 400, 'BAD_REQUEST'],
    ['with a negative length', rawPost(QUERY, { 'content-length': '-1' }), 400, 'BAD_REQUEST'],
    [
      'with a length and chunks',
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
  ])('%s get a typed answer and a line in the log', async (_what, bytes, status, code) => {
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
  ])('for the path %s lead nowhere', async (path) => {
    const answer = await rawHttp(app.url, rawPost(QUERY).replace('/graphql', path));
    expect(answer.status).toBe(404);
    expect(JSON.parse(answer.body).errors[0].extensions).toEqual({ code: 'NOT_FOUND' });
  });

  test('in a path break no line of the log, and do not fill it', async () => {
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

test('after all of it the server still answers', async () => {
  const response = await fetch(`${app.url}/graphql`, operation({ query: SETTINGS }));
  expect(response.status).toBe(200);
});

// Most requests are answered without Yoga, and the others by Yoga. A request must get the same response either way, or
// an attacker could choose the way with fewer checks. A client that also accepts a stream is served by Yoga, with JSON.
import type { IncomingMessage } from 'node:http';
import { connect } from 'node:net';
import fc from 'fast-check';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { directType } from '../../src/server/direct.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { rawHttp, rawPost } from './raw-http.ts';
import { SHAPES } from './request-shapes.ts';
import { REQUESTS, type TableRequest } from './requests-table.ts';

const SETTINGS = JSON.stringify({ query: '{ settings { secondFactorPolicy } }' });
const VIEWER = JSON.stringify({ query: '{ viewer { id } }' });
const SOON = { timeout: 10_000, interval: 2 };

/** What a client accepts, without and with a stream. */
const BOTH = [
  [
    'application/graphql-response+json, application/json',
    'application/graphql-response+json, application/json, text/event-stream',
  ],
  ['application/json', 'application/json, multipart/mixed'],
] as const;
const [[DIRECT, BY_YOGA]] = BOTH;

let app: TestApp;
let client: TestClient;
let person: Person;

beforeAll(async () => {
  app = await startTestApp({ CORS_ORIGINS: 'https://app.example.com' });
  client = new TestClient(app);
  person = await client.signUp();
});
afterAll(() => app[Symbol.asyncDispose]());

/** Different in every response. */
const CHANGING = ['date', 'x-request-id'];
async function answerTo(
  { body, headers, signedIn }: Omit<TableRequest, 'name'>,
  accept: string,
): Promise<object> {
  const response = await fetch(`${app.url}/graphql`, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept,
      ...(signedIn ? { authorization: `Bearer ${person.accessToken}` } : {}),
      ...headers,
    },
    body,
  });
  const text = await response.text();
  const received = [...response.headers].filter(([name]) => !CHANGING.includes(name));
  return { status: response.status, headers: Object.fromEntries(received), text };
}

async function expectSame(
  request: Omit<TableRequest, 'name'>,
  accepts: readonly (readonly [string, string])[],
): Promise<void> {
  for (const [direct, byYoga] of accepts)
    expect(await answerTo(request, direct)).toEqual(await answerTo(request, byYoga));
}

describe('the way of a request', () => {
  const way = (changes: { url?: string; method?: string; headers?: Record<string, string> }): string | null =>
    directType({
      url: '/graphql',
      method: 'POST',
      ...changes,
      headers: { 'content-type': 'application/json', ...changes.headers },
    } as unknown as IncomingMessage);

  test.each<[string, string | null]>([
    ['application/json', 'application/json'],
    ['application/graphql-response+json', 'application/graphql-response+json'],
    ['application/graphql-response+json, application/json', 'application/graphql-response+json'],
    ['application/json, application/graphql-response+json', 'application/json'],
    ['application/json; charset=UTF-8', 'application/json'],
    ['*/*', 'application/json'],
    ['', 'application/json'],
    ['text/html, application/*;q=0.9, */*;q=0.8', 'application/json'],
    ['application/json; charset=latin1', null],
    ['text/html', null],
    ['text/event-stream', null],
    ['multipart/mixed', null],
    ['application/json, text/event-stream', null],
    ['application/json, multipart/mixed;deferSpec=20220824', null],
    ['text/*, application/json', null],
  ])('for a client that accepts "%s" is direct if the response is %s', (accept, type) => {
    expect(way({ headers: { accept } })).toBe(type);
  });

  test('is never direct with another method, path or content type', () => {
    for (const method of ['GET', 'HEAD', 'PUT', 'OPTIONS', 'post']) expect(way({ method })).toBeNull();
    for (const url of ['/graphql?', '/graphql?query={a}', '/graphql/', '/GRAPHQL', '//graphql', '*'])
      expect(way({ url })).toBeNull();
    for (const type of [
      '',
      'text/plain',
      'text/plain, application/json',
      'application/jsonx',
      'multipart/form-data',
    ])
      expect(way({ headers: { 'content-type': type } })).toBeNull();
  });

  test.each(BOTH)('is different for the two clients of these tests: %s', (direct, byYoga) => {
    expect(way({ headers: { accept: direct } })).not.toBeNull();
    expect(way({ headers: { accept: byYoga } })).toBeNull();
  });
});

describe('the response is the same either way', () => {
  test.each(REQUESTS.map((request) => [request.name, request] as const))('to %s', async (_name, request) => {
    await expectSame(request, BOTH);
  });

  test.each(SHAPES.map((shape) => [shape.name, shape] as const))(
    'to %s',
    async (_name, { body, signedIn }) => {
      await expectSame({ body: body(5), ...(signedIn && { signedIn }) }, [BOTH[0]]);
    },
  );

  test('to any JSON', async () => {
    const property = fc.constantFrom('query', 'variables', 'operationName', 'extensions', '__proto__', 'x');
    const value = fc.oneof(fc.jsonValue(), fc.constantFrom('{ __typename }', '{ viewer { id } }', '{', null));
    const operation = fc.dictionary(property, value);
    const body = fc.oneof(operation, fc.array(operation, { maxLength: 3 }), fc.jsonValue());
    await fc.assert(
      fc.asyncProperty(body, async (any) => expectSame({ body: JSON.stringify(any) }, [BOTH[0]])),
      { numRuns: 60 },
    );
  });

  test('with headers that are sent twice', async () => {
    for (const [name, value, other] of [
      ['authorization', `Bearer ${person.accessToken}`, 'Bearer x'],
      ['content-type', 'application/json', 'text/plain'],
      ['content-type', 'text/plain', 'application/json'],
      ['origin', 'https://app.example.com', 'https://evil.example'],
      ['x-stepgate-session', 'cookie', 'cookie'],
      ['cookie', '__Host-stepgate-access=x', `__Host-stepgate-access=${person.accessToken}`],
    ] as const) {
      const [direct, byYoga] = await Promise.all(
        [DIRECT, BY_YOGA].map(async (accept) => {
          const sent = rawPost(VIEWER, {
            accept,
            'x-request-id': 'same',
            [name]: `${value}\r\n${name}: ${other}`,
          });
          const { status, head, body } = await rawHttp(app.url, sent);
          const lines = head
            .toLowerCase()
            .split('\r\n')
            .filter((line) => !line.startsWith('date:'));
          return { status, lines: lines.toSorted(), body };
        }),
      );
      expect(direct).toEqual(byYoga);
    }
  });

  test('after a failure inside the server', async () => {
    await query(app.databaseUrl, 'alter table session rename to gone_for_now');
    try {
      const request = { body: VIEWER, signedIn: true, headers: { 'x-request-id': 'same' } } as const;
      expect(await answerTo(request, DIRECT)).toMatchObject({ status: 500 });
      await expectSame(request, BOTH);
      await expectSame({ ...request, body: `[${VIEWER}]` }, BOTH);
    } finally {
      await query(app.databaseUrl, 'alter table gone_for_now rename to session');
    }
  });

  test('with session cookies, whose values alone differ', async () => {
    const cookies: string[][] = [];
    for (const accept of [DIRECT, BY_YOGA]) {
      const { id } = await client.startSignIn({ identifier: person.email });
      const attempt = `mutation { attemptFactor(input: { workflowId: "${id}", proof: { password: "${PASSWORD}" } }) { ... on SignIn { session { accessToken } } } }`;
      const { data, headers } = await client.graphql(attempt, {}, undefined, {
        accept,
        'x-stepgate-session': 'cookie',
      });
      expect(data.attemptFactor.session.accessToken).toBe('');
      cookies.push(
        headers.getSetCookie().map((line) => line.replace(/=[^;]*/, '=').replace(/Max-Age=\d+/, 'Max-Age')),
      );
    }
    expect(cookies[0]).toHaveLength(3);
    expect(cookies[0]).toEqual(cookies[1]);
  });

  test('in the log', async () => {
    const lines: unknown[] = [];
    for (const accept of [DIRECT, BY_YOGA]) {
      const before = app.log.length;
      for (const body of [
        SETTINGS,
        VIEWER,
        '{',
        JSON.stringify({ query: '{ nowhere }', operationName: 'x' }),
      ])
        await answerTo({ body }, accept);
      const logged = (): Record<string, unknown>[] => app.log.slice(before).map((line) => JSON.parse(line));
      await vi.waitFor(() => expect(logged().filter(({ msg }) => msg === 'request')).toHaveLength(4), SOON);
      lines.push(
        logged()
          .map(({ time: _time, requestId: _id, ms: _ms, ...line }) => JSON.stringify(line))
          .toSorted(),
      );
    }
    expect(lines[0]).toHaveLength(8);
    expect(lines[0]).toEqual(lines[1]);
  });
});

describe('a client that accepts only a stream', () => {
  test.each([
    ['text/event-stream', 'text/event-stream', 'event: next\ndata: {'],
    ['multipart/mixed', 'multipart/mixed; boundary="-"', '\r\n---\r\n'],
  ])('gets its result as %s, with the challenge of a refusal', async (accept, type, text) => {
    const answer = (await answerTo({ body: VIEWER }, accept)) as {
      headers: Record<string, string>;
      text: string;
    };
    expect(answer.headers['content-type']).toBe(type);
    expect(answer.headers['www-authenticate']).toBe('Bearer');
    expect(answer.text).toContain(text);
    expect(answer.text).toContain('"code":"UNAUTHENTICATED"');
  });
});

test('a client that disconnects in the middle of its body is not logged as a failure of the server', async () => {
  for (const accept of [DIRECT, BY_YOGA]) {
    const before = app.log.length;
    const head = rawPost('', { accept, 'content-length': '50' });
    const socket = connect(Number(new URL(app.url).port), '127.0.0.1');
    socket.write(`${head}{"query":`);
    await new Promise((resolve) => setTimeout(resolve, 50));
    socket.destroy();
    await vi.waitFor(() => expect(app.log.slice(before).join('')).toContain('"aborted":true'), SOON);
    for (const line of app.log.slice(before)) expect(JSON.parse(line).level).toBeLessThan(40);
  }
});

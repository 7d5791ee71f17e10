// Each request has an id, from the proxy or generated. It is in the response, in the log lines of the request, and in the
// error that a user can report.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';

const UUID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

async function idOf(given: string | null, path = '/healthz'): Promise<string | null> {
  const headers = given === null ? {} : { 'x-request-id': given };
  return (await fetch(`${app.url}${path}`, { headers })).headers.get('x-request-id');
}

test.each(['/healthz', '/readyz', '/graphql', '/nothing-here'])(
  '%s responds with a generated request id',
  async (path) => {
    const [one, other] = [await idOf(null, path), await idOf(null, path)];
    expect(one).toMatch(UUID);
    expect(other).toMatch(UUID);
    expect(one).not.toBe(other);
  },
);

test.each(['a', '4bf92f3577b34da6a3ce929d0e0e4736', '1-67891233-abcdef012345678912345678', 'a'.repeat(128)])(
  'the request id of a proxy is kept: %s',
  async (given) => {
    expect(await idOf(given)).toBe(given);
  },
);

test.each(['a'.repeat(129), 'a b', '"level":50', '{}', '<b>', 'ä', ' '])(
  'a request id that is too long or could forge log lines is replaced: %s',
  async (given) => {
    expect(await idOf(given)).toMatch(UUID);
  },
);

test('every log line of a request contains its id, also with concurrent requests', async () => {
  const before = app.log.length;
  const client = new TestClient(app);
  const emails = ['one', 'two', 'three'];
  await Promise.all(
    emails.map((email) => {
      const query = `mutation ${email} { startSignIn(input: { identifier: "${email}@example.com" }) { __typename } }`;
      return client.post(JSON.stringify({ query, operationName: email }), undefined, {
        'x-request-id': email,
      });
    }),
  );
  const lines = app.log.slice(before).map((line) => JSON.parse(line));
  const idsOf = (msg: string): string[] =>
    lines
      .filter((line) => line.msg === msg)
      .map((line): string => `${line.operation ?? ''} ${line.requestId}`);
  expect(idsOf('operation').toSorted()).toEqual(['one one', 'three three', 'two two']);
  expect(idsOf('request').toSorted()).toEqual([' one', ' three', ' two']);
});

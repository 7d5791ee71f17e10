// Password look-ups with a range API: what is sent, which responses are accepted, and what happens when it is
// unavailable.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createServer } from 'node:net';
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import {
  type BreachedPasswords,
  BreachedUnavailableError,
} from '../../../../src/factors/password/breached/breached.ts';
import { CircuitBreaker } from '../../../../src/factors/password/breached/circuit-breaker.ts';
import { openBreachedPasswords } from '../../../../src/factors/password/breached/open.ts';
import { RangeApi } from '../../../../src/factors/password/breached/range-api.ts';
import { createLog } from '../../../../src/platform/log.ts';
import { TestClock } from '../../../harness/clock.ts';
import { RangeServer, sha1 } from './range-server.ts';

const CANARY = 'canary-7f3a-correct-horse';
const DAY_SECONDS = 86_400;

let server: RangeServer;
let clock: TestClock;
let log: string[];
const opened: BreachedPasswords[] = [];

beforeEach(async () => {
  server = await RangeServer.start();
  clock = new TestClock();
  log = [];
});
afterEach(async () => {
  for (const one of opened.splice(0)) await one.close();
  await server[Symbol.asyncDispose]();
});

const here = (url: string) => ({ url, mayBeInsecure: true, mayBePrivate: true });

async function open(
  whenUnreachable: 'accept' | 'refuse' = 'refuse',
  url = server.url,
): Promise<BreachedPasswords> {
  const passwords = await openBreachedPasswords(
    { source: { name: 'online', ...here(url) }, whenUnreachable },
    createLog('trace', { write: (line) => log.push(line) }),
    clock,
  );
  opened.push(passwords);
  return passwords;
}

/** A client that caches at most this many suffixes. */
function keeping(suffixes: number): BreachedPasswords {
  const breaker = new CircuitBreaker(createLog('silent'), clock);
  const passwords = new RangeApi(here(server.url), breaker, clock, suffixes);
  opened.push(passwords);
  return passwords;
}

function logged(): { level: number; msg: string; err?: { message: string } }[] {
  return log.map((line) => JSON.parse(line) as { level: number; msg: string });
}

/** Many passwords that are not common. */
function somePasswords(count: number): string[] {
  return Array.from({ length: count }, (_, at) => `uncommon-${at}`);
}

describe('a request to the range API contains', () => {
  test('five digits of the hash, and no more', async () => {
    server.breached.set(CANARY, 3);
    const passwords = await open();
    expect(await passwords.find(CANARY)).toEqual({ times: 3 });
    const [request, ...others] = server.requests;
    expect(others).toEqual([]);
    expect(request).toMatchObject({ method: 'GET', body: '' });
    expect(request?.path).toBe(`/range/${sha1(CANARY).slice(0, 5)}?mode=sha1`);
    const told = JSON.stringify(server.requests).toUpperCase();
    expect(told).not.toContain(CANARY.toUpperCase());
    expect(told).not.toContain(sha1(CANARY).slice(0, 6));
    expect(told).not.toContain(sha1(CANARY).slice(5, 12));
  });

  test('the header for padding, so that the length of the response does not reveal the range', async () => {
    const passwords = await open();
    await passwords.find(CANARY);
    expect(server.requests[0]?.headers).toMatchObject({ 'add-padding': 'true', 'user-agent': 'stepgate' });
  });

  test('nothing about a common password, which is rejected without a request', async () => {
    server.answer = (response) => response.writeHead(503).end();
    const passwords = await open();
    expect(await passwords.find('password1')).toEqual({ times: null });
    expect(await passwords.find('PassWord1')).toEqual({ times: null });
    expect(server.requests).toEqual([]);
  });
});

describe('a response of the range API:', () => {
  test('a password is found by the SHA-1 of its UTF-8 bytes', async () => {
    const passwords = await open();
    for (const password of ['pässwörter sind 🔑', '密码密码密码密码', ' leading and trailing ']) {
      expect(await passwords.find(password)).toBeNull();
    }
    await passwords.close();
    for (const password of ['pässwörter sind 🔑', '密码密码密码密码']) server.breached.set(password, 42);
    expect(await passwords.find('pässwörter sind 🔑')).toEqual({ times: 42 });
    expect(await passwords.find('密码密码密码密码')).toEqual({ times: 42 });
  });

  test('padding does not count as a breach', async () => {
    server.breached.set(CANARY, 0);
    const passwords = await open();
    expect(await passwords.find(CANARY)).toBeNull();
  });

  test('a range is cached for a day, for all of its passwords', async () => {
    const [one, other] = twoOfOneRange();
    server.breached.set(one, 7);
    server.breached.set(other, 8);
    const passwords = await open();
    expect(await passwords.find(one)).toEqual({ times: 7 });
    clock.advance(DAY_SECONDS - 60);
    expect(await passwords.find(other)).toEqual({ times: 8 });
    expect(server.requests).toHaveLength(1);
    server.breached.set(one, 9);
    clock.advance(120);
    expect(await passwords.find(one)).toEqual({ times: 9 });
    expect(server.requests).toHaveLength(2);
  });

  test('parallel look-ups of a range share one request', async () => {
    const [one, other] = twoOfOneRange();
    server.breached.set(one, 7);
    const passwords = await open();
    const answers = await Promise.all([one, other, one, other].map((password) => passwords.find(password)));
    expect(answers).toEqual([{ times: 7 }, null, { times: 7 }, null]);
    expect(server.requests).toHaveLength(1);
  });

  test('many look-ups do not exceed the size of the cache, and each gets its result', async () => {
    const passwords = keeping(2000);
    const flood = somePasswords(50);
    server.breached.set(flood[5] ?? '', 2);
    const answers = await Promise.all(flood.map((password) => passwords.find(password)));
    expect(answers).toEqual(flood.map((_, at) => (at === 5 ? { times: 2 } : null)));
    expect(server.requests).toHaveLength(50);
    for (const password of flood) await passwords.find(password);
    expect(server.requests.length).toBeGreaterThanOrEqual(96); // the cache has room for four of them
  });

  test('a range that is too large to cache is still used', async () => {
    server.breached.set(CANARY, 5);
    const passwords = keeping(100);
    expect(await passwords.find(CANARY)).toEqual({ times: 5 });
    expect(await passwords.find(CANARY)).toEqual({ times: 5 });
    expect(server.requests).toHaveLength(2);
  });
});

const GARBAGE: readonly [string, (response: ServerResponse) => void][] = [
  ['429', (response) => response.writeHead(429, { 'retry-after': '2' }).end(CANARY)],
  ['503', (response) => response.writeHead(503).end(CANARY)],
  ['400, and what it was asked', (response) => response.writeHead(400).end(`${CANARY} ${sha1(CANARY)}`)],
  ['an error status with a custom message', (response) => response.writeHead(500, CANARY).end()],
  ['nothing', (response) => response.end()],
  ['a sign-in page', (response) => response.end(`<html><body>\n<p>${CANARY}:1</p></body></html>`)],
  ['JSON', (response) => response.end(JSON.stringify({ [sha1(CANARY).slice(5)]: 1 }))],
  ['no count', (response) => response.end(sha1(CANARY).slice(5))],
  ['an invalid count', (response) => response.end(`${sha1(CANARY).slice(5)}:many`)],
  ['a negative count', (response) => response.end(`${sha1(CANARY).slice(5)}:-1`)],
  ['whole hashes', (response) => response.end(`${sha1(CANARY)}:1`)],
  ['NTLM hashes', (response) => response.end('0123456789ABCDEF01234567890:1')],
  ['a range with an invalid line', (response) => response.end(`${sha1('x').slice(5)}:1\r\n${CANARY}`)],
  ['a broken connection', (response) => response.destroy()],
  [
    'half a body',
    (response) =>
      void response.writeHead(200, { 'content-length': '100' }).write('A', () => response.destroy()),
  ],
];

describe('an invalid response of the range API:', () => {
  test.each(GARBAGE)(
    '%s counts neither as breached nor as clean, and is not logged',
    async (_name, answer) => {
      server.answer = answer;
      const passwords = await open();
      const failure: unknown = await passwords.find(CANARY).catch((error: unknown) => error);
      expect(failure).toBeInstanceOf(BreachedUnavailableError);
      const { message, stack } = failure as Error;
      expect(message).toMatch(/^The range API .*\.$/);
      expect(log).toHaveLength(1);
      for (const text of [message, stack, log.join()]) {
        expect(text).not.toContain(CANARY);
        expect(text).not.toContain(sha1(CANARY).slice(0, 5));
        expect(text).not.toContain(sha1(CANARY).slice(5, 15));
      }
    },
  );

  test.each([429, 503])('status %i is logged for the operator', async (status) => {
    server.answer = (response) => response.writeHead(status).end();
    await expect((await open()).find(CANARY)).rejects.toThrow(`The range API returned HTTP ${status}.`);
  });

  test('an unreachable server is logged with the error code', async () => {
    const listener = createServer().listen(0, '127.0.0.1');
    await once(listener, 'listening');
    const { port } = listener.address() as AddressInfo;
    listener.close();
    await once(listener, 'close');
    const passwords = await open('refuse', `http://127.0.0.1:${port}`);
    await expect(passwords.find(CANARY)).rejects.toThrow('The range API cannot be reached (ECONNREFUSED).');
  });

  test('a server that does not respond, or never ends its response, times out', async () => {
    await using drip = await RangeServer.start();
    server.answer = () => {};
    drip.answer = (response) => void response.write(`${sha1(CANARY).slice(5)}:1\r\n`);
    const silent = await open('refuse');
    const endless = await open('refuse', drip.url);
    const outcomes = await Promise.allSettled([silent.find(CANARY), endless.find(CANARY)]);
    const reason: unknown = expect.objectContaining({
      name: 'BreachedUnavailableError',
      message: 'The range API did not answer within 2 seconds.',
    });
    expect(outcomes).toEqual([
      { status: 'rejected', reason },
      { status: 'rejected', reason },
    ]);
  });
});

describe('an outage of the range API', () => {
  const fail = (response: ServerResponse): void => void response.writeHead(503).end();

  test('with `refuse` rejects passwords that cannot be checked', async () => {
    server.answer = fail;
    const passwords = await open('refuse');
    for (const password of somePasswords(3)) {
      await expect(passwords.find(password)).rejects.toBeInstanceOf(BreachedUnavailableError);
    }
  });

  test('with `accept` rejects only common passwords', async () => {
    server.answer = fail;
    const passwords = await open('accept');
    expect(await passwords.find(CANARY)).toBeNull();
    expect(await passwords.find('password1')).toEqual({ times: null });
  });

  test.each(['accept', 'refuse'] as const)(
    'is logged once when it starts and once when it ends (%s)',
    async (it) => {
      server.answer = fail;
      const passwords = await open(it);
      for (let round = 0; round < 3; round += 1) {
        await Promise.allSettled(somePasswords(3).map((password) => passwords.find(password)));
        clock.advance(31);
      }
      server.answer = null;
      for (const password of somePasswords(3)) await passwords.find(password);
      expect(logged()).toMatchObject([
        {
          level: 40,
          msg: 'breached password checks are failing',
          err: { message: 'The range API returned HTTP 503.' },
        },
        { level: 30, msg: 'breached password checks work again' },
      ]);
    },
  );

  test('does not delay users: for half a minute no request is sent, then one', async () => {
    server.answer = fail;
    const passwords = await open();
    const outcome = (password: string): Promise<unknown> => passwords.find(password).catch(() => 'refused');
    expect(await outcome('uncommon-a')).toBe('refused');
    expect(server.requests).toHaveLength(1);
    clock.advance(29);
    expect(await outcome('uncommon-b')).toBe('refused');
    expect(server.requests).toHaveLength(1);
    clock.advance(2);
    expect(await outcome('uncommon-c')).toBe('refused');
    expect(server.requests).toHaveLength(2);
    server.answer = null;
    expect(await outcome('uncommon-d')).toBe('refused');
    expect(server.requests).toHaveLength(2);
    clock.advance(31);
    expect(await outcome('uncommon-e')).toBeNull();
    expect(await outcome('uncommon-f')).toBeNull();
    expect(server.requests).toHaveLength(4);
  });

  test('does not affect cached ranges', async () => {
    server.breached.set(CANARY, 3);
    const passwords = await open();
    await passwords.find(CANARY);
    server.answer = fail;
    await expect(passwords.find('uncommon-a')).rejects.toBeInstanceOf(BreachedUnavailableError);
    expect(await passwords.find(CANARY)).toEqual({ times: 3 });
    expect(logged()).toHaveLength(1); // a cached result does not end the outage
  });

  test('affects every look-up that shares the failed request', async () => {
    server.answer = fail;
    const passwords = await open();
    const outcomes = await Promise.allSettled([CANARY, CANARY, CANARY].map((one) => passwords.find(one)));
    expect(outcomes.map((one) => one.status)).toEqual(['rejected', 'rejected', 'rejected']);
    expect(server.requests).toHaveLength(1);
  });
});

/** Two passwords whose hashes start with the same five digits. */
function twoOfOneRange(): [string, string] {
  const seen = new Map<string, string>();
  for (let at = 0; ; at += 1) {
    const password = `uncommon-${at}`;
    const prefix = sha1(password).slice(0, 5);
    const before = seen.get(prefix);
    if (before !== undefined) return [before, password];
    seen.set(prefix, password);
  }
}

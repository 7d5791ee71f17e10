// The cache of session lookups: its size, and which entries it evicts first.
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { sessionLookup } from '../../src/step-up/session-lookup.ts';
import { NOW } from './example-schema.ts';

const MOST_KEPT = 10_000;
const COMPLETED = '2027-01-15T07:59:20Z';

let now = new Date(NOW * 1000);
/** The tokens that the server was asked about, in order. */
let asked: string[] = [];

beforeEach(() => {
  now = new Date(NOW * 1000);
  asked = [];
  vi.stubGlobal('fetch', async (_url: URL, { headers }: { headers: { authorization: string } }) => {
    asked.push(headers.authorization.replace('Bearer ', ''));
    const evidence = [{ factor: 'TOTP', categories: ['POSSESSION'], amr: ['otp'], completedAt: COMPLETED }];
    const viewer = { id: 'jane', roles: ['ADMIN'], assurance: { evidence, enrolled: ['TOTP'] } };
    return Response.json({ data: { viewer } });
  });
});
afterEach(() => vi.unstubAllGlobals());

const lookup = () => sessionLookup({ url: 'http://stepgate.test/graphql', cacheSeconds: 60 }, () => now);

test('a lookup returns the auth context of the session, with times in seconds', async () => {
  expect(await lookup()('a token', 'jane')).toEqual({
    evidence: [{ factor: 'TOTP', categories: ['POSSESSION'], amr: ['otp'], completedAt: NOW - 40 }],
    enrolled: ['TOTP'],
    roles: ['ADMIN'],
  });
});

test('a flood of tokens does not fill the memory: the least recent lookup is evicted first', async () => {
  const look = lookup();
  await look('token 0', 'jane');
  now = new Date((NOW + 30) * 1000);
  for (let n = 1; n < MOST_KEPT; n += 1) await look(`token ${n}`, 'jane');
  now = new Date((NOW + 60) * 1000);
  await look('token 0', 'jane');
  expect(asked).toHaveLength(MOST_KEPT + 1);
  await look('one more', 'jane');
  asked = [];
  for (const n of [0, 2, MOST_KEPT - 1]) await look(`token ${n}`, 'jane');
  expect(asked).toEqual([]);
  await look('token 1', 'jane');
  expect(asked).toEqual(['token 1']);
});

test('an expired answer is replaced, and the new one is valid for its own time', async () => {
  const look = lookup();
  await look('first', 'jane');
  await look('second', 'jane');
  now = new Date((NOW + 60) * 1000);
  await look('first', 'jane');
  now = new Date((NOW + 119) * 1000);
  await look('first', 'jane');
  await look('second', 'jane');
  await look('first', 'jane');
  expect(asked).toEqual(['first', 'second', 'first', 'second']);
});

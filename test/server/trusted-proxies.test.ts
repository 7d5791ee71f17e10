// The client's address is taken from headers only if a proxy in TRUSTED_PROXIES wrote them.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const START = `mutation ($identifier: String!) { startSignIn(input: { identifier: $identifier }) { ... on SignIn { id } } }`;
const ATTEMPT = `mutation ($id: ID!, $password: String!) {
  attemptFactor(input: { workflowId: $id, proof: { password: $password } }) {
    ... on SignIn { session { accessToken session { ip } } }
  }
}`;

const email = `${randomUUID()}@example.com`;
const apps: TestApp[] = [];
afterAll(async () => {
  for (const app of apps.toReversed()) await app[Symbol.asyncDispose]();
});

/** Another node of the same instance. */
async function nodeWith(environment: Readonly<Record<string, string>>): Promise<TestApp> {
  const app = await startTestApp(environment, apps[0]?.databaseUrl);
  apps.push(app);
  return app;
}

/** The IP address that a new session was started from. */
async function ipOf(
  url: string,
  forwardedFor?: string,
  others: Readonly<Record<string, string>> = {},
): Promise<string | null> {
  const client = new TestClient({ url });
  const headers = { ...(forwardedFor === undefined ? {} : { 'x-forwarded-for': forwardedFor }), ...others };
  const { id } = (await client.graphql(START, { identifier: email })).data.startSignIn;
  const { status, data } = await client.graphql(ATTEMPT, { id, password: PASSWORD }, undefined, headers);
  expect(status).toBe(200);
  return data.attemptFactor.session.session.ip;
}

let untrusting: TestApp;
let behindOne: TestApp;
let behindTwo: TestApp;

beforeAll(async () => {
  untrusting = await nodeWith({});
  behindOne = await nodeWith({ TRUSTED_PROXIES: 'loopback' });
  behindTwo = await nodeWith({ TRUSTED_PROXIES: '127.0.0.1, 198.51.100.0/24, 2001:db8:ffff::/48' });
  await new TestClient(untrusting).signUp(email);
});

describe('without a trusted proxy', () => {
  test.each(['203.0.113.7', '127.0.0.1, 127.0.0.1', '2001:db8::1', 'garbage'])(
    'a forged header is ignored: %s',
    async (forged) => {
      expect(await ipOf(untrusting.url, forged)).toBe('127.0.0.1');
    },
  );

  test('a trusted proxy in the header does not make the peer trusted', async () => {
    const app = await nodeWith({ TRUSTED_PROXIES: '10.0.0.0/8, ::1' });
    expect(await ipOf(app.url, '203.0.113.7')).toBe('127.0.0.1');
    expect(await ipOf(app.url, '203.0.113.7, 10.0.0.1')).toBe('127.0.0.1');
  });

  test('other headers of proxies are ignored', async () => {
    const client = new TestClient(behindOne);
    const { id } = (await client.graphql(START, { identifier: email })).data.startSignIn;
    const { data } = await client.graphql(ATTEMPT, { id, password: PASSWORD }, undefined, {
      forwarded: 'for=203.0.113.7',
      'x-real-ip': '203.0.113.7',
      'client-ip': '203.0.113.7',
    });
    expect(data.attemptFactor.session.session.ip).toBe('127.0.0.1');
  });
});

describe('behind a trusted proxy', () => {
  test('the client is the address that the proxy reports', async () => {
    expect(await ipOf(behindOne.url, '203.0.113.7')).toBe('203.0.113.7');
    expect(await ipOf(behindOne.url, '2001:DB8:0:0::7')).toBe('2001:db8::7');
    expect(await ipOf(behindOne.url, '::ffff:203.0.113.7')).toBe('203.0.113.7');
  });

  test.each([
    ['198.51.100.8:17085', '198.51.100.8'],
    ['[2001:db8::7]:443', '2001:db8::7'],
    ['[2001:db8::7]', '2001:db8::7'],
    ['[::ffff:198.51.100.8]:443', '198.51.100.8'],
    ['192.0.2.66, 198.51.100.8:17085', '198.51.100.8'],
  ])('ports and brackets are removed from the address: %s', async (header, address) => {
    expect(await ipOf(behindOne.url, header)).toBe(address);
  });

  test('a trusted proxy is recognized even if it is listed with a port', async () => {
    expect(await ipOf(behindTwo.url, '203.0.113.7:1024, 198.51.100.9:443')).toBe('203.0.113.7');
    expect(await ipOf(behindTwo.url, '203.0.113.7, [2001:db8:ffff::9]:443')).toBe('203.0.113.7');
  });

  test('without the header, the client is the peer', async () => {
    expect(await ipOf(behindOne.url)).toBe('127.0.0.1');
    expect(await ipOf(behindOne.url, '')).toBe('127.0.0.1');
  });

  test('entries that the client wrote into the header are ignored', async () => {
    expect(await ipOf(behindOne.url, '192.0.2.66, 203.0.113.7')).toBe('203.0.113.7');
    expect(await ipOf(behindOne.url, '127.0.0.1, 203.0.113.7')).toBe('203.0.113.7');
    expect(await ipOf(behindTwo.url, '192.0.2.66, 203.0.113.7, 198.51.100.9')).toBe('203.0.113.7');
    expect(await ipOf(behindTwo.url, '198.51.100.9, 203.0.113.7, 198.51.100.9')).toBe('203.0.113.7');
  });

  test('a client behind two proxies is only identified if both proxies are trusted', async () => {
    expect(await ipOf(behindOne.url, '203.0.113.7, 198.51.100.9')).toBe('198.51.100.9');
    expect(await ipOf(behindTwo.url, '203.0.113.7, 198.51.100.9')).toBe('203.0.113.7');
    expect(await ipOf(behindTwo.url, '203.0.113.7, 2001:db8:ffff::9')).toBe('203.0.113.7');
    expect(await ipOf(behindTwo.url, '203.0.113.7, ::ffff:198.51.100.9')).toBe('203.0.113.7');
  });
});

describe('an invalid entry in the header of a trusted proxy', () => {
  test.each([
    'unknown',
    '_hidden',
    '203.0.113.7:',
    '203.0.113.7:443:443',
    '[203.0.113.7]',
    '2001:db8::7]:443',
    '[2001:db8::7]443',
    '203.0.113.999',
    '1',
    '0x7f000001',
    "'; drop table session; --",
    ',,, ,',
    '<script>',
    'x'.repeat(8000),
  ])('falls back to the address of the proxy: %.40s', async (garbage) => {
    expect(await ipOf(behindOne.url, garbage)).toBe('127.0.0.1');
  });

  test('falls back to the nearest hop that is an address', async () => {
    expect(await ipOf(behindTwo.url, '203.0.113.7, garbage, 198.51.100.9')).toBe('198.51.100.9');
    // As a number, this would be 127.0.0.1, which is trusted.
    expect(await ipOf(behindOne.url, '203.0.113.7, 0x7f000001')).toBe('127.0.0.1');
    expect(await ipOf(behindOne.url, '203.0.113.7, 2130706433')).toBe('127.0.0.1');
  });

  test('does not matter beyond the first untrusted entry, in a list of the maximum length', async () => {
    expect(await ipOf(behindOne.url, `${'192.0.2.66,'.repeat(1200)}203.0.113.7`)).toBe('203.0.113.7');
    expect(await ipOf(behindOne.url, `203.0.113.7${',127.0.0.1'.repeat(1200)}`)).toBe('203.0.113.7');
  });

  test('with an IPv6 zone of any length is read without the zone', async () => {
    expect(await ipOf(behindOne.url, `fe80::1%${'x'.repeat(5000)}`)).toBe('fe80::1');
  });
});

describe('with FORWARDED_HEADER=forwarded', () => {
  let reading: TestApp;
  beforeAll(async () => {
    reading = await nodeWith({
      FORWARDED_HEADER: 'forwarded',
      TRUSTED_PROXIES: '127.0.0.1, 198.51.100.0/24',
    });
  });
  const through = (forwarded: string, others: Readonly<Record<string, string>> = {}) =>
    ipOf(reading.url, undefined, { forwarded, ...others });

  test.each([
    ['for=203.0.113.7', '203.0.113.7'],
    ['For="203.0.113.7:47011"', '203.0.113.7'],
    ['for="[2001:db8::7]"', '2001:db8::7'],
    ['for="[2001:db8::7]:443";proto=https;by=203.0.113.43', '2001:db8::7'],
    ['proto=https; by="_proxy" ; for = 203.0.113.7', '203.0.113.7'],
    ['for=192.0.2.66, for=203.0.113.7', '203.0.113.7'],
    ['for=203.0.113.7, for=198.51.100.9', '203.0.113.7'],
    ['for=203.0.113.7;host="a, b", for="198.51.100.9:443"', '203.0.113.7'],
  ])('the client is the address that the proxy reports: %s', async (header, address) => {
    expect(await through(header)).toBe(address);
  });

  test.each([
    'for=unknown',
    'for=_hidden',
    'proto=https',
    'for=203.0.113.999',
    'for="203.0.113.7',
    'xfor=203.0.113.7',
    'for="203\\.0.113.7"',
    ', ,,',
    '203.0.113.7',
  ])('an invalid entry falls back to the address of the proxy: %s', async (header) => {
    expect(await through(header)).toBe('127.0.0.1');
  });

  test.each([
    'for="',
    'for=192.0.2.66;host="',
    'for="192.0.2.66',
    'for="a\\',
    'x="y", for="z',
    '"',
    ',"',
    `${'for=192.0.2.66,'.repeat(700)}"`,
  ])('entries that the client wrote cannot hide the proxy’s entry: %.40s', async (written) => {
    expect(await through(`${written}, for=203.0.113.7`)).toBe('203.0.113.7');
    expect(await through(`${written}, for="[2001:db8::7]:443"`)).toBe('2001:db8::7');
  });

  test('X-Forwarded-For is ignored, because it comes from the client', async () => {
    expect(await through('for=203.0.113.7', { 'x-forwarded-for': '192.0.2.66' })).toBe('203.0.113.7');
    expect(await ipOf(reading.url, '192.0.2.66')).toBe('127.0.0.1');
  });
});

test('by default, X-Forwarded-For is read and Forwarded is ignored', async () => {
  const forwarded = { forwarded: 'for=192.0.2.66' };
  expect(await ipOf(behindOne.url, '203.0.113.7', forwarded)).toBe('203.0.113.7');
  expect(await ipOf(behindOne.url, undefined, forwarded)).toBe('127.0.0.1');
});

describe('over IPv6', () => {
  test('the peer has an IPv6 address', async () => {
    const trusting = await nodeWith({ HOST: '::1', TRUSTED_PROXIES: '::1' });
    expect(await ipOf(trusting.url)).toBe('::1');
    expect(await ipOf(trusting.url, '203.0.113.7')).toBe('203.0.113.7');
    const other = await nodeWith({ HOST: '::1', TRUSTED_PROXIES: '127.0.0.0/8' });
    expect(await ipOf(other.url, '203.0.113.7')).toBe('::1');
  });

  test('an IPv4-mapped peer address is treated as the IPv4 address, trusted or not', async () => {
    const onBoth = (app: TestApp): string => app.url.replace('[::]', '127.0.0.1');
    const trusting = await nodeWith({ HOST: '::', TRUSTED_PROXIES: '127.0.0.1' });
    expect(await ipOf(onBoth(trusting))).toBe('127.0.0.1');
    expect(await ipOf(onBoth(trusting), '203.0.113.7')).toBe('203.0.113.7');
    const other = await nodeWith({ HOST: '::', TRUSTED_PROXIES: '192.0.2.1' });
    expect(await ipOf(onBoth(other), '203.0.113.7')).toBe('127.0.0.1');
  });
});

test('the audit log contains only valid addresses, and no forged ones', async () => {
  const rows = await query<{ ip: string }>(untrusting.databaseUrl, 'select distinct ip from audit_event');
  const known = ['127.0.0.1', '::1', '198.51.100.8', '198.51.100.9', '2001:db8::7', '203.0.113.7', 'fe80::1'];
  expect(rows.map(({ ip }) => ip).toSorted()).toEqual(known.toSorted());
});

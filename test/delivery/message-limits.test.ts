// Limits on messages. They hold for any number of concurrent requests, across nodes and restarts. A flood is stopped by
// the limit of its source before it uses up the allowance of its victims.
import { randomBytes } from 'node:crypto';
import type { Pool } from 'pg';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { LimitReachedError, MessageLimits, type MessageRequest } from '../../src/delivery/message-limits.ts';
import { type Orm, openOrm, poolOf, sqlOf } from '../../src/persistence/orm.ts';
import { applyRetention } from '../../src/persistence/retention.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { RETENTION, testDatabase } from '../harness/app.ts';

const NUMBER = '+15005550006';
const ADDRESS = 'jane@example.com';
const ACCOUNT = 'f2f9b9a2-93a7-4c0f-b0b4-0d2c8e7a0001';
const IP = '203.0.113.7';

const SETTINGS = { smsPerNumber: 3, smsPerAccount: 5, smsPerPrefix: 8, mailPerAddress: 4, mailPerPrefix: 6 };
const ring = new KeyRing([randomBytes(32)]);

let database: { url: string; drop: () => Promise<void> };
let orm: Orm;
let pool: Pool;
let limits: MessageLimits;

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
  pool = await poolOf(orm);
  limits = new MessageLimits(pool, ring, SETTINGS);
});
beforeEach(async () => {
  await pool.query('delete from rate_limit');
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});

const sms = (request: Partial<MessageRequest> = {}): MessageRequest => ({
  channel: 'sms',
  to: NUMBER,
  account: ACCOUNT,
  ip: IP,
  ...request,
});
const mail = (request: Partial<MessageRequest> = {}): MessageRequest =>
  sms({ channel: 'email', to: ADDRESS, ...request });

/** Values that no other request uses, so that only the other limits can be reached. */
let last = 0;
const unused = {
  number: (): string => `+1500${5_000_000 + last++}`,
  address: (): string => `person-${last++}@example.com`,
  account: (): string => `account-${last++}`,
  ip: (): string => `10.${last >> 8}.${last++ & 255}.1`,
};

/** Sends the requests one after the other. @returns how many are allowed. */
async function passing(requests: readonly MessageRequest[], by = limits): Promise<number> {
  let passed = 0;
  for (const request of requests) if ((await refusal(request, by)) === null) passed++;
  return passed;
}

async function refusal(request: MessageRequest, by = limits): Promise<LimitReachedError | null> {
  try {
    await by.spend(request);
    return null;
  } catch (error) {
    if (!(error instanceof LimitReachedError)) throw error;
    return error;
  }
}

const times = <T>(count: number, make: (index: number) => T): T[] =>
  Array.from({ length: count }, (_, index) => make(index));

/** Moves the windows back in time, because the library reads the system clock. */
const pass = (seconds: number): Promise<unknown> =>
  pool.query('update rate_limit set expire = expire - $1::bigint', [seconds * 1000]);

describe('within an hour', () => {
  test('the messages to a phone number are limited, whoever requests them', async () => {
    const requests = times(7, () => sms({ account: unused.account(), ip: unused.ip() }));
    expect(await passing(requests)).toBe(3);
    expect(await refusal(sms({ to: unused.number() }))).toBeNull();
  });

  test('the messages of an account are limited, across all numbers', async () => {
    expect(await passing(times(9, () => sms({ to: unused.number(), ip: unused.ip() })))).toBe(5);
    expect(await refusal(sms({ account: unused.account() }))).toBeNull();
  });

  test('the messages from a network are limited, across all numbers and accounts', async () => {
    const requests = times(20, (i) =>
      sms({ to: unused.number(), account: unused.account(), ip: `203.0.113.${i}` }),
    );
    expect(await passing(requests)).toBe(8);
    expect(await refusal(sms({ ip: '203.0.114.1' }))).toBeNull();
  });

  test('an IPv6 site counts as one network, and an IPv4-mapped address as the IPv4 address', async () => {
    const from = (ip: string) => sms({ to: unused.number(), account: unused.account(), ip });
    expect(await passing(times(20, (i) => from(`2001:db8:1:${i}::1`)))).toBe(8);
    expect(await refusal(from('2001:db8:2::1'))).toBeNull();
    expect(await passing(times(20, (i) => from(i % 2 === 0 ? IP : `::ffff:${IP}`)))).toBe(8);
  });

  test('the other limits apply if the client’s IP address is unknown', async () => {
    const unknown = () => sms({ account: unused.account(), ip: null });
    expect(await passing(times(20, () => ({ ...unknown(), to: unused.number() })))).toBe(20);
    expect(await passing(times(20, unknown))).toBe(3);
  });

  test('the mails to an address are limited, wherever the requests come from', async () => {
    const requests = times(9, () => mail({ ip: unused.ip() }));
    expect(await passing(requests)).toBe(4);
    expect(await refusal(mail())).toBeInstanceOf(LimitReachedError);
    expect(await refusal(mail({ to: 'jane@example.org' }))).toBeNull();
  });

  test('the mails from a network are limited, and those of an account are not', async () => {
    expect(await passing(times(9, () => mail({ to: unused.address() })))).toBe(6);
    expect(await passing(times(4, () => mail({ ip: unused.ip() })))).toBe(4);
  });

  test('mails and text messages are counted separately, and so are decoys and real accounts', async () => {
    expect(await passing(times(5, () => sms()))).toBe(3);
    expect(await refusal(mail({ to: NUMBER }))).toBeNull();
    const subject = `unknown:${ring.newest.id}.digest`;
    expect(await passing(times(5, () => sms({ to: subject, account: subject, ip: null })))).toBe(3);
  });
});

describe('the window of a limit', () => {
  test('is included in the refusal, ends after an hour, and then starts again', async () => {
    expect(await passing(times(3, () => sms()))).toBe(3);
    const first = await refusal(sms());
    expect(first?.retryAfterSeconds).toBeGreaterThan(3590);
    expect(first?.retryAfterSeconds).toBeLessThanOrEqual(3600);
    await pass(3550);
    const later = await refusal(sms());
    expect(later?.retryAfterSeconds).toBeGreaterThan(0);
    expect(later?.retryAfterSeconds).toBeLessThanOrEqual(50);
    await pass(50);
    expect(await passing(times(5, () => sms()))).toBe(3);
  });

  test('is not extended by further requests', async () => {
    expect(await passing(times(20, () => sms()))).toBe(3);
    await pass(3600);
    expect(await refusal(sms())).toBeNull();
  });

  test('is deleted when it has ended, and not before', async () => {
    await limits.spend(sms());
    await pass(3600);
    await limits.spend(mail());
    const sql = sqlOf(orm.em.fork());
    expect(await applyRetention(sql, new Date(), RETENTION)).toMatchObject({ rateLimits: 3 });
    expect(await applyRetention(sql, new Date(), RETENTION)).toMatchObject({ rateLimits: 0 });
    expect((await pool.query('select 1 from rate_limit')).rowCount).toBe(2);
    expect(await applyRetention(sql, new Date(Date.now() + 3_601_000), RETENTION)).toMatchObject({
      rateLimits: 2,
    });
  });
});

describe('no more messages than the limit are allowed', () => {
  const parallel = async (requests: readonly MessageRequest[], by: readonly MessageLimits[]) => {
    const answers = await Promise.all(requests.map((request, i) => refusal(request, by[i % by.length])));
    return answers.filter((answer) => answer === null).length;
  };

  test.each<[string, number, () => MessageRequest]>([
    ['to a number', 3, () => sms({ account: unused.account(), ip: unused.ip() })],
    ['for an account', 5, () => sms({ to: unused.number(), ip: unused.ip() })],
    ['from a network', 8, () => sms({ to: unused.number(), account: unused.account() })],
    ['to a mailbox', 4, () => mail({ ip: unused.ip() })],
  ])('among 50 concurrent requests on two nodes: %s', async (_what, limit, request) => {
    const other = await openOrm(database.url);
    try {
      const nodes = [limits, new MessageLimits(await poolOf(other), ring, SETTINGS)];
      expect(await parallel(times(50, request), nodes)).toBe(limit);
      expect(await parallel(times(4, request), nodes)).toBe(0);
    } finally {
      await other.close();
    }
  });

  test('after a restart', async () => {
    expect(await passing(times(2, () => sms()))).toBe(2);
    expect(
      await passing(
        times(5, () => sms()),
        new MessageLimits(pool, ring, SETTINGS),
      ),
    ).toBe(1);
  });
});

describe('a flood', () => {
  test('from one network does not use up the allowance of the phone numbers it targets', async () => {
    await passing(times(8, () => sms({ to: unused.number(), account: unused.account() })));
    const flood = times(50, () => sms({ account: unused.account() }));
    await Promise.all(flood.map((request) => refusal(request)));
    expect(await passing(times(5, () => sms({ ip: unused.ip() })))).toBe(3);
  });

  test('from one network does not use up the allowance of the mailboxes it targets', async () => {
    await passing(times(6, () => mail({ to: unused.address() })));
    expect(await passing(times(20, () => mail()))).toBe(0);
    expect(await passing(times(9, () => mail({ ip: unused.ip() })))).toBe(4);
  });

  test('by one account does not use up the allowance of other people’s phone numbers', async () => {
    const robber = unused.account();
    await passing(times(5, () => sms({ to: unused.number(), account: robber, ip: unused.ip() })));
    expect(await passing(times(20, () => sms({ account: robber, ip: unused.ip() })))).toBe(0);
    expect(await passing(times(5, () => sms({ ip: unused.ip() })))).toBe(3);
  });
});

test('neither the table of limits nor a refusal identifies a person', async () => {
  await passing(times(4, () => sms()));
  await passing(times(5, () => mail({ ip: '198.51.100.7' })));
  const error = await refusal(sms());
  const { rows } = await pool.query('select * from rate_limit');
  const said = JSON.stringify([rows, error?.message, error?.stack]);
  expect(rows).toHaveLength(5);
  for (const secret of [NUMBER, '5005550006', ADDRESS, 'jane', ACCOUNT, '203.0.113', '198.51.100']) {
    expect(said).not.toContain(secret);
  }
  for (const { key } of rows) expect(key).toMatch(/^[A-Z_]+_HOURLY:[0-9a-f]{8}\.[\w-]{43}$/);
});

test('if the database fails, no message is allowed, and the failure is not reported as a limit', async () => {
  const other = await testDatabase();
  const itsOrm = await openOrm(other.url);
  try {
    const itsPool = await poolOf(itsOrm);
    const itsLimits = new MessageLimits(itsPool, ring, SETTINGS);
    await itsLimits.spend(sms());
    await itsPool.query('alter table rate_limit rename to elsewhere');
    await expect(itsLimits.spend(sms())).rejects.toMatchObject({ code: '42P01' });
    await itsOrm.close();
    await expect(itsLimits.spend(sms())).rejects.toThrow('Cannot use a pool after calling end on the pool');
  } finally {
    await other.drop();
  }
});

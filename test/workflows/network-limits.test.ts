// The limits of a network, counted: what is under way counts as wrong until it is checked, a window lasts an hour from its
// first failure, and whoever is refused learns when to come back.
import { sql as raw } from 'kysely';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { TooManyRequests } from '../../src/workflows/errors.ts';
import {
  countFailure,
  isExhausted,
  NetworkLimits,
  type Origin,
  retryAfter,
  limitsOf as valuesOf,
} from '../../src/workflows/network-limits.ts';
import { TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const later = (seconds: number): Date => new Date(NOW.getTime() + seconds * 1000);
const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);
const STRANGER = { tenantId: 'default', deviceId: null, sessionId: null };

let database: Awaited<ReturnType<typeof testDatabase>>;
let orm: Orm;

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});
beforeEach(() => query(database.url, 'delete from rate_limit'));

const limits = (given: Partial<ConstructorParameters<typeof NetworkLimits>[1]> = {}): NetworkLimits =>
  new NetworkLimits(ring, {
    failuresPerIp: 3,
    failuresPerPrefix: 5,
    startsPerIp: 2,
    startsPerPrefix: 3,
    ...given,
  });
const client = (ip: string | null) => ({ ip, userAgent: null });

/** Where an attempt from an address comes from. */
async function originOf(ip: string | null, of = limits()): Promise<Origin | null> {
  return of.during(client(ip), async (origin) => origin);
}
const limitsOf = (origin: Origin | null): number[] => (origin ?? []).map(({ limit }) => limit);

async function fail(origin: Origin | null, guessed: object = {}, now = NOW): Promise<void> {
  const unitOfWork = new UnitOfWork();
  countFailure(unitOfWork, origin, { ...STRANGER, ...guessed }, now);
  await unitOfWork.commit(orm.em.fork());
}

/** What the statement that claims an attempt sees. @param workflow the columns that it looks at. */
async function refuses(origin: Origin | null, guessed: object = {}, now = NOW): Promise<boolean> {
  const { tenantId, deviceId, sessionId } = { ...STRANGER, ...guessed };
  const { rows } = await raw<{ refused: boolean }>`
    select ${isExhausted(valuesOf(origin), now.getTime())} as refused from (values (${tenantId}::text, ${deviceId}::text, ${sessionId}::text))
    as workflow (tenant_id, device_id, session_id)`.execute(sqlOf(orm.em.fork()));
  return rows[0]?.refused ?? false;
}

const wait = (origin: Origin | null, guessed: object = {}, now = NOW): Promise<number | null> =>
  retryAfter(sqlOf(orm.em.fork()), origin, { ...STRANGER, ...guessed }, now);

describe('an attempt', () => {
  test('counts for its address and for its network, each with its own limit', async () => {
    const [one, neighbour, stranger] = await Promise.all(
      ['10.0.0.1', '10.0.0.2', '10.0.1.1'].map((ip) => originOf(ip, limits())),
    );
    expect(limitsOf(one ?? null)).toEqual([3, 5]);
    expect(one?.[0]?.key).not.toBe(neighbour?.[0]?.key);
    expect(one?.[1]?.key).toBe(neighbour?.[1]?.key);
    expect(one?.[1]?.key).not.toBe(stranger?.[1]?.key);
    expect(new Set([one, neighbour, stranger].flatMap((it) => it?.map(({ key }) => key))).size).toBe(5);
    expect(JSON.stringify(one)).not.toContain('10.0.0');
  });

  test.each([null, '', 'nowhere'])('from an address that is not known (%s) counts for none', async (ip) => {
    expect(await originOf(ip)).toBeNull();
    await fail(null);
    expect(await wait(null)).toBeNull();
    expect(await refuses(null)).toBe(false);
    expect(await query(database.url, 'select key from rate_limit')).toEqual([]);
  });

  test('that is in progress takes a place in the limit and gives it back, whether it succeeds or fails', async () => {
    const of = limits();
    const seen: number[][] = [];
    await of.during(client('10.0.0.1'), async (outer) => {
      seen.push(limitsOf(outer));
      await of.during(client('10.0.0.1'), async (inner) => void seen.push(limitsOf(inner)));
      seen.push(limitsOf(await originOf('10.0.0.1', of)), limitsOf(await originOf('10.0.0.2', of)));
    });
    seen.push(limitsOf(await originOf('10.0.0.1', of)));
    const failing = of.during(client('10.0.0.1'), () => Promise.reject(new Error('not right')));
    await expect(failing).rejects.toThrow('not right');
    seen.push(limitsOf(await originOf('10.0.0.1', of)));
    expect(seen).toEqual([
      [3, 5],
      [2, 4],
      [2, 4],
      [3, 4],
      [3, 5],
      [3, 5],
    ]);
  });

  test('returns what its work returns', async () => {
    expect(await limits().during(client('10.0.0.1'), async () => 'done')).toBe('done');
  });
});

describe('wrong guesses', () => {
  test('refuse the next one at the limit, for the rest of an hour from the first', async () => {
    const origin = await originOf('10.0.0.1');
    await fail(origin);
    await fail(origin, {}, later(10));
    expect(await wait(origin, {}, later(10))).toBeNull();
    expect(await refuses(origin, {}, later(10))).toBe(false);
    await fail(origin, {}, later(20));
    expect(await wait(origin, {}, later(20))).toBe(3580);
    expect(await refuses(origin, {}, later(20))).toBe(true);
    expect(await refuses(origin, {}, later(3599.999))).toBe(true);
    expect(await refuses(origin, {}, later(3600))).toBe(false);
    expect(await wait(origin, {}, later(3599.5))).toBe(1);
    expect(await wait(origin, {}, later(3600))).toBeNull();
  });

  test('start a new hour when the last one has ended', async () => {
    const origin = await originOf('10.0.0.1');
    for (let guess = 0; guess < 3; guess += 1) await fail(origin);
    await fail(origin, {}, later(3599));
    expect(await wait(origin, {}, later(3599))).toBe(1);
    await fail(origin, {}, later(3600));
    expect(await wait(origin, {}, later(3600))).toBeNull();
    await fail(origin, {}, later(3601));
    await fail(origin, {}, later(3602));
    expect(await wait(origin, {}, later(3602))).toBe(3598);
  });

  test('from neighboring addresses count for their network, whose limit applies to each of them', async () => {
    for (const last of [1, 2, 3, 4, 5]) await fail(await originOf(`10.0.0.${last}`));
    expect(await wait(await originOf('10.0.0.6'))).toBe(3600);
    expect(await refuses(await originOf('10.0.0.6'))).toBe(true);
    expect(await wait(await originOf('10.0.1.1'))).toBeNull();
    expect(await refuses(await originOf('10.0.1.1'))).toBe(false);
  });

  test('report the longer of two waits', async () => {
    const of = limits({ failuresPerIp: 1, failuresPerPrefix: 2 });
    const origin = await originOf('10.0.0.1', of);
    await fail(await originOf('10.0.0.2', of));
    await fail(origin, {}, later(100));
    // The network has been full since its second guess, its window since its first.
    expect(await wait(origin, {}, later(100))).toBe(3600);
    expect(await wait(await originOf('10.0.0.3', of), {}, later(100))).toBe(3500);
  });

  test.each([
    ['on a known device', { deviceId: 'd' }],
    ['in a session', { sessionId: 's' }],
  ])('%s are neither counted nor refused', async (_where, guessed) => {
    const origin = await originOf('10.0.0.1');
    for (let guess = 0; guess < 3; guess += 1) await fail(origin, guessed);
    expect(await wait(origin)).toBeNull();
    for (let guess = 0; guess < 3; guess += 1) await fail(origin);
    expect(await wait(origin)).toBe(3600);
    expect(await refuses(origin)).toBe(true);
    expect(await wait(origin, guessed)).toBeNull();
    expect(await refuses(origin, guessed)).toBe(false);
  });

  test('in one tenant do not affect the others', async () => {
    const origin = await originOf('10.0.0.1');
    for (let guess = 0; guess < 3; guess += 1) await fail(origin);
    expect(await wait(origin, { tenantId: 'other' })).toBeNull();
    expect(await refuses(origin, { tenantId: 'other' })).toBe(false);
  });

  test('that are all in progress ask for a short wait only', async () => {
    const of = limits({ failuresPerIp: 1 });
    await of.during(client('10.0.0.1'), async () => {
      const origin = await originOf('10.0.0.1', of);
      expect(await wait(origin)).toBe(1);
      expect(await refuses(origin)).toBe(true);
      expect(await refuses(origin, { deviceId: 'd' })).toBe(false);
    });
    expect(await wait(await originOf('10.0.0.1', of))).toBeNull();
  });
});

describe('new workflows', () => {
  const refusedWith = (refused: Promise<void>): Promise<unknown> =>
    refused.then(
      () => null,
      (error: unknown) => error,
    );

  test('stop at the limit of their address, and the refusal says when to try again', async () => {
    const of = limits();
    await of.admit(client('10.0.0.1'));
    await of.admit(client('10.0.0.1'));
    const refused = await refusedWith(of.admit(client('10.0.0.1')));
    expect(refused).toBeInstanceOf(TooManyRequests);
    const { retryAfterSeconds } = refused as TooManyRequests;
    expect(retryAfterSeconds).toBeGreaterThan(3597);
    expect(retryAfterSeconds).toBeLessThanOrEqual(3600);
    await of.admit(client('10.0.0.2'));
  });

  test('from one IPv6 /64 count as those of one address', async () => {
    const of = limits();
    await of.admit(client('2001:db8::1'));
    await of.admit(client('2001:db8::2'));
    await expect(of.admit(client('2001:db8::3'))).rejects.toThrow(TooManyRequests);
    await of.admit(client('2001:db8:0:1::1'));
  });

  test('stop at the limit of their network, from whichever address', async () => {
    const of = limits();
    for (const last of [1, 2, 3]) await of.admit(client(`10.0.0.${last}`));
    const refused = await refusedWith(of.admit(client('10.0.0.4')));
    expect(refused).toBeInstanceOf(TooManyRequests);
    expect((refused as TooManyRequests).retryAfterSeconds).toBeGreaterThan(3590);
    await of.admit(client('10.0.1.1'));
  });

  test.each([null, 'nowhere'])('from addresses that are not known (%s) share one limit', async (ip) => {
    const of = limits();
    await of.admit(client(ip));
    await of.admit(client(ip));
    await expect(of.admit(client(ip))).rejects.toThrow(TooManyRequests);
    await of.admit(client('10.0.0.1'));
  });
});

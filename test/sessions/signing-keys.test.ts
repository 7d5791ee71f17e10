// The rotation of the signing key of access tokens, on two nodes with one database. A key is published before it signs,
// and until its last token has expired.
import { createRemoteJWKSet, decodeProtectedHeader, jwtVerify } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config/config.ts';
import { byOperator } from '../../src/persistence/audit.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import {
  KEY_LEAD_SECONDS,
  KEY_REST_SECONDS,
  KEYS_READ_EVERY_SECONDS,
  LONGEST_ACCESS_TOKEN_SECONDS,
} from '../../src/policy/key-rotation.ts';
import { AccessTokens } from '../../src/sessions/access-token.ts';
import {
  listSigningKeys,
  RotationInProgressError,
  rotateSigningKey,
  type SigningKeyTimes,
} from '../../src/sessions/rotate-signing-key.ts';
import { SigningKeys } from '../../src/sessions/signing-keys.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp, testDatabase } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { TestClock } from '../harness/clock.ts';
import { query } from '../harness/sql.ts';
import { isAlive } from './operations.ts';

const ISSUER = TEST_ENVIRONMENT.PUBLIC_URL;
const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);

let database: Awaited<ReturnType<typeof testDatabase>>;
let orm: Orm;
let clock: TestClock;

beforeAll(async () => {
  database = await testDatabase();
  orm = await openOrm(database.url);
});
afterAll(async () => {
  await orm.close();
  await database.drop();
});
beforeEach(async () => {
  clock = new TestClock();
  await query(database.url, 'delete from signing_key');
});

/** A node, which signs and verifies with the keys that it has last read. */
function node() {
  const keys = new SigningKeys(orm, ring, clock);
  const tokens = new AccessTokens(keys, ISSUER);
  return {
    keys,
    sign: (seconds = LONGEST_ACCESS_TOKEN_SECONDS) => {
      const now = clock.now();
      return tokens.sign({
        id: 'x',
        userId: 'u',
        sessionId: 's',
        tenantId: 'default',
        evidence: [],
        enrolled: [],
        roles: [],
        meetsPolicy: true,
        issuedAt: now,
        expiresAt: new Date(now.getTime() + seconds * 1000),
      });
    },
    isTaken: async (token: string) => !('fault' in (await tokens.verify(token, clock.now()))),
  };
}

const rotate = (atOnce = false): Promise<SigningKeyTimes[]> =>
  rotateSigningKey(orm.em.fork(), { ring, actor: byOperator('test'), atOnce, now: clock.now() });

const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';

describe('a rotation of signing keys', () => {
  test('does not cause a valid token to be rejected on either node', async () => {
    const nodes = [node(), node()];
    const signed: { token: string; expiresAt: number }[] = [];
    const kids = new Set<string>();
    const step = KEYS_READ_EVERY_SECONDS;
    const steps = (KEY_LEAD_SECONDS + KEY_REST_SECONDS + LONGEST_ACCESS_TOKEN_SECONDS) / step;
    for (let at = 0; at < steps; at += 1) {
      if (at === 2) await rotate();
      // One node reads at each interval, the other as late as allowed.
      await nodes[at % 2]?.keys.read();
      for (const one of nodes) {
        const token = await one.sign();
        kids.add(kidOf(token));
        signed.push({ token, expiresAt: clock.now().getTime() / 1000 + LONGEST_ACCESS_TOKEN_SECONDS });
      }
      const now = clock.now().getTime() / 1000;
      const valid = signed.filter(({ expiresAt }) => expiresAt > now);
      for (const { token } of [...valid.slice(0, 2), ...valid.slice(-2)]) {
        for (const one of nodes) expect(await one.isTaken(token), `step ${at}`).toBe(true);
      }
      clock.advance(step);
    }
    expect(kids.size).toBe(2);
    const published = await Promise.all(nodes.map((one) => one.keys.jwks()));
    for (const { keys } of published) expect(keys).toHaveLength(1);
  });

  test('publishes the new key before it signs, for longer than published keys may be cached', async () => {
    const here = node();
    const before = kidOf(await here.sign());
    const [fresh] = await rotate();
    const kids = async (): Promise<unknown[]> => (await here.keys.jwks()).keys.map(({ kid }) => kid);
    expect(new Set(await kids())).toEqual(new Set([fresh?.kid, before]));
    clock.advance(KEY_LEAD_SECONDS - 1);
    expect(kidOf(await here.sign())).toBe(before);
    clock.advance(1);
    expect(kidOf(await here.sign())).toBe(fresh?.kid);
    clock.advance(KEY_REST_SECONDS - 1);
    expect(await kids()).toHaveLength(2);
    clock.advance(1);
    expect(await kids()).toEqual([fresh?.kid]);
  });

  test('keeps the old key published until every token that it signed has expired', () => {
    expect(KEY_REST_SECONDS).toBeGreaterThan(LONGEST_ACCESS_TOKEN_SECONDS + KEYS_READ_EVERY_SECONDS);
    const withLifetime = (seconds: number) =>
      readConfig({ ...TEST_ENVIRONMENT, ACCESS_TOKEN_SECONDS: `${seconds}` });
    expect(withLifetime(LONGEST_ACCESS_TOKEN_SECONDS).accessTokenSeconds).toBe(LONGEST_ACCESS_TOKEN_SECONDS);
    expect(() => withLifetime(LONGEST_ACCESS_TOKEN_SECONDS + 1)).toThrow(ConfigError);
  });

  test('is refused while another one is in progress, and only one of two parallel ones happens', async () => {
    await node().sign();
    const results = await Promise.allSettled([rotate(), rotate()]);
    expect(results.map(({ status }) => status).toSorted()).toEqual(['fulfilled', 'rejected']);
    await expect(rotate()).rejects.toThrow(RotationInProgressError);
    expect(await listSigningKeys(sqlOf(orm.em.fork()))).toHaveLength(2);
    clock.advance(KEY_LEAD_SECONDS);
    await rotate(); // the next rotation may start before the first key is removed
    expect(await listSigningKeys(sqlOf(orm.em.fork()))).toHaveLength(3);
  });

  test('can reject everything that the old key signed at once, if the key may be compromised', async () => {
    const here = node();
    const stolen = await here.sign();
    await rotate(); // it does not wait for one that is in progress
    await rotate(true);
    await here.keys.read();
    expect(await here.isTaken(stolen)).toBe(false);
    const { keys } = await here.keys.jwks();
    expect(keys.map(({ kid }) => kid)).not.toContain(kidOf(stolen));
    expect(await here.isTaken(await here.sign())).toBe(true);
  });

  test('deletes the private half of a retired key at the next rotation', async () => {
    const before = kidOf(await node().sign());
    await rotate();
    clock.advance(KEY_LEAD_SECONDS + KEY_REST_SECONDS + 1);
    await rotate();
    expect((await listSigningKeys(sqlOf(orm.em.fork()))).map(({ kid }) => kid)).not.toContain(before);
  });
});

test('the loaded signing keys are kept when they cannot be reloaded', async () => {
  const { keys } = node();
  const { kid } = await keys.current();
  await query(database.url, 'alter table signing_key rename to out_of_reach');
  await expect(keys.read()).rejects.toThrow();
  expect((await keys.current()).kid).toBe(kid);
  expect(await keys.publicKey(kid)).not.toBeNull();
  await query(database.url, 'alter table out_of_reach rename to signing_key');
  await keys.read();
});

describe('two running servers', () => {
  let one: TestApp;
  let other: TestApp;

  beforeAll(async () => {
    one = await startTestApp();
    other = await startTestApp({}, one.databaseUrl, one.clock);
  });
  afterAll(async () => {
    await other[Symbol.asyncDispose]();
    await one[Symbol.asyncDispose]();
  });

  test('accept each other’s tokens during a rotation, and so does a verifier with the published keys', async () => {
    const client = new TestClient(one);
    const elsewhere = new TestClient(other);
    const person = await client.signUp();
    const db = await openOrm(one.databaseUrl);
    const actor = byOperator('test');
    await rotateSigningKey(db.em.fork(), { ring, actor, atOnce: false, now: one.clock.now() });
    await db.close();
    const published = createRemoteJWKSet(new URL(`${other.url}/.well-known/jwks.json`));
    const read = async ({ url }: TestApp): Promise<number> =>
      ((await (await fetch(`${url}/.well-known/jwks.json`)).json()) as { keys: unknown[] }).keys.length;
    // Each of them does this every minute on its own.
    expect([await read(one), await read(other)]).toEqual([2, 2]);
    expect(await isAlive(elsewhere, person.accessToken)).toBe(true);
    one.clock.advance(KEY_LEAD_SECONDS);
    const later = await client.signIn(person);
    expect(kidOf(later.accessToken)).not.toBe(kidOf(person.accessToken));
    expect(await isAlive(elsewhere, later.accessToken)).toBe(true);
    const currentDate = one.clock.now();
    const { payload } = await jwtVerify(later.accessToken, published, { issuer: ISSUER, currentDate });
    expect(payload.sub).toBeTruthy();
    one.clock.advance(KEY_REST_SECONDS);
    expect([await read(one), await read(other)]).toEqual([1, 1]);
  });
});

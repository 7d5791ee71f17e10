// Signing keys and access tokens to the millisecond: when a key begins to sign and when it retires, which of several
// signs, until when a token is taken, and what a node does while the table of keys cannot be read.
import { decodeProtectedHeader } from 'jose';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { byOperator } from '../../src/persistence/audit.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { isSealedWithOlderKey } from '../../src/platform/seal.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import { type AccessTokenClaims, AccessTokens } from '../../src/sessions/access-token.ts';
import {
  listSigningKeys,
  RotationInProgressError,
  rotateSigningKey,
} from '../../src/sessions/rotate-signing-key.ts';
import { newSigningKey, resealPrivateKey, SigningKeys } from '../../src/sessions/signing-keys.ts';
import { TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';
import { query } from '../harness/sql.ts';
import { StatementCounter } from '../harness/statement-counter.ts';

const NOW = new Date('2026-01-01T00:00:00.000Z');
const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);

let database: Awaited<ReturnType<typeof testDatabase>>;
let counter: StatementCounter;
let orm: Orm;
/** Stands still. */
let now: Date;

beforeAll(async () => {
  database = await testDatabase();
  counter = await StatementCounter.before(database.url);
  orm = await openOrm(counter.url);
});
afterAll(async () => {
  await orm.close();
  await counter[Symbol.asyncDispose]();
  await database.drop();
});
beforeEach(async () => {
  now = NOW;
  await query(database.url, 'delete from signing_key');
});

const node = (keys = ring): SigningKeys => new SigningKeys(orm, keys, { now: () => now });
const milliseconds = (count: number): Date => new Date(NOW.getTime() + count);

/** A stored key. @param times in milliseconds from NOW; null where it has none. */
async function storedKey(
  { created = 0, signs = null as number | null, retired = null as number | null },
  keys = ring,
): Promise<string> {
  const row = await newSigningKey(keys, milliseconds(created), signs === null ? null : milliseconds(signs));
  const retiredAt = retired === null ? null : milliseconds(retired);
  await sqlOf(orm.em.fork())
    .insertInto('signing_key')
    .values({ ...row, retired_at: retiredAt })
    .execute();
  return row.kid;
}

/** While the table of keys is not there. */
async function outOfReach(work: () => Promise<void>): Promise<void> {
  await query(database.url, 'alter table signing_key rename to out_of_reach');
  try {
    await work();
  } finally {
    await query(database.url, 'alter table out_of_reach rename to signing_key');
  }
}

describe('a signing key', () => {
  test('signs from its planned time on, and not a millisecond earlier', async () => {
    const old = await storedKey({ created: -10_000 });
    const fresh = await storedKey({ created: -5000, signs: 0 });
    const keys = node();
    now = milliseconds(-1);
    expect((await keys.current()).kid).toBe(old);
    now = NOW;
    expect((await keys.current()).kid).toBe(fresh);
  });

  test('signs from its creation on if no other time was planned', async () => {
    const old = await storedKey({ created: -10_000, signs: -1 });
    const fresh = await storedKey({ created: 0 });
    const keys = node();
    now = milliseconds(-1);
    expect((await keys.current()).kid).toBe(old);
    now = NOW;
    expect((await keys.current()).kid).toBe(fresh);
    const listed = await listSigningKeys(sqlOf(orm.em.fork()));
    expect(listed.map(({ kid, signsAt }) => [kid, signsAt])).toEqual([
      [fresh, NOW],
      [old, milliseconds(-1)],
    ]);
  });

  test('that began to sign last is the one that signs, even if another was created later', async () => {
    const last = await storedKey({ created: -30_000, signs: -1000 });
    await storedKey({ created: -20_000, signs: -3000 });
    await storedKey({ created: -10_000, signs: -2000 });
    expect((await node().current()).kid).toBe(last);
  });

  test('is published until its retirement, and neither signs nor verifies from then on', async () => {
    const old = await storedKey({ created: -5000, retired: 0 });
    const keys = node();
    now = milliseconds(-1);
    expect((await keys.jwks()).keys.map(({ kid }) => kid)).toEqual([old]);
    expect(await keys.publicKey(old)).not.toBeNull();
    now = NOW;
    expect(await keys.publicKey(old)).toBeNull();
    const { keys: published } = await keys.jwks();
    expect(published).toHaveLength(1);
    expect(published[0]?.kid).not.toBe(old);
  });

  test('is imported once for all the tokens that it verifies, until its row is read again', async () => {
    const kid = await storedKey({});
    const keys = node();
    await keys.current();
    const [one, other] = await Promise.all([keys.publicKey(kid), keys.publicKey(kid)]);
    expect(one).not.toBeNull();
    expect(other).toBe(one);
    await keys.read();
    expect(await keys.publicKey(kid)).not.toBe(one);
  });

  test('is created by the first request for the published keys', async () => {
    const { keys } = await node().jwks();
    expect(keys).toHaveLength(1);
    expect(await listSigningKeys(sqlOf(orm.em.fork()))).toHaveLength(1);
  });

  test('that could not be opened is tried again: the failure is not cached', async () => {
    const kid = await storedKey({});
    const [row] = await query<{ sealed: string }>(
      database.url,
      'select sealed_private_jwk as sealed from signing_key',
    );
    await query(database.url, 'update signing_key set sealed_private_jwk = $1', ['broken']);
    const keys = node();
    await expect(keys.current()).rejects.toThrow('sealed value');
    await query(database.url, 'update signing_key set sealed_private_jwk = $1', [row?.sealed]);
    await keys.read();
    expect((await keys.current()).kid).toBe(kid);
  });

  test('is resealed with the newest key of the ring when it is first used', async () => {
    const [older, newer] = [new Uint8Array(32).fill(1), new Uint8Array(32).fill(2)];
    const [before, both, after] = [new KeyRing([older]), new KeyRing([newer, older]), new KeyRing([newer])];
    const kid = await storedKey({}, before);
    await expect(node(after).current()).rejects.toThrow('SECRET_KEYS');
    expect((await node(both).current()).kid).toBe(kid);
    expect((await node(after).current()).kid).toBe(kid);
    const [row] = await query<{ sealed: string }>(
      database.url,
      'select sealed_private_jwk as sealed from signing_key',
    );
    const sealed = row?.sealed ?? '';
    expect(isSealedWithOlderKey(both, sealed)).toBe(false);
    expect(isSealedWithOlderKey(both, resealPrivateKey(both, kid, sealed))).toBe(false);
    // And from then on nothing is written.
    counter.take();
    await node(both).current();
    expect(counter.take().filter(({ commits }) => commits)).toEqual([]);
  });
});

describe('the table of keys', () => {
  test('is read once for simultaneous requests, and not for a known key', async () => {
    const kid = await storedKey({});
    const keys = node();
    counter.take();
    await Promise.all([keys.current(), keys.current(), keys.publicKey(kid)]);
    await keys.current();
    expect(counter.take().filter(({ text }) => text.includes('"signing_key"'))).toHaveLength(1);
  });

  test('is read for an unknown key id, and not for text that cannot be a key id', async () => {
    await storedKey({});
    const keys = node();
    await keys.current();
    await outOfReach(async () => {
      for (const kid of ['', 'A'.repeat(42), 'A'.repeat(44), `${'A'.repeat(42)}'`])
        expect(await keys.publicKey(kid)).toBeNull();
      await expect(keys.publicKey('A'.repeat(43))).rejects.toThrow('signing_key');
    });
    expect(await keys.publicKey('A'.repeat(43))).toBeNull();
    expect(await keys.publicKey(await storedKey({}))).not.toBeNull();
  });

  test('that could not be read at startup is read at the next request', async () => {
    const kid = await storedKey({});
    const keys = node();
    await outOfReach(() => expect(keys.current()).rejects.toThrow('signing_key'));
    expect((await keys.current()).kid).toBe(kid);
  });
});

describe('a rotation', () => {
  const rotate = (atOnce = false) =>
    rotateSigningKey(orm.em.fork(), { ring, actor: byOperator('test'), atOnce, now });

  test('is in progress until the new key begins to sign', async () => {
    await storedKey({ created: -1000 });
    await storedKey({ created: -500, signs: 0 });
    now = milliseconds(-1);
    await expect(rotate()).rejects.toThrow(RotationInProgressError);
    now = NOW;
    expect(await rotate()).toHaveLength(3);
  });

  test('plans when each key signs and retires, and never delays a planned retirement', async () => {
    const old = await storedKey({ created: -2000 });
    const older = await storedKey({ created: -3000, retired: 60_000 });
    const [fresh, ...others] = await rotate();
    expect(fresh).toMatchObject({ createdAt: NOW, signsAt: addSeconds(NOW, 720), retiredAt: null });
    expect(others.map(({ kid, retiredAt }) => [kid, retiredAt])).toEqual([
      [old, addSeconds(NOW, 720 + 3720)],
      [older, milliseconds(60_000)],
    ]);
  });

  test('with immediate effect creates a key that signs now, and leaves no other', async () => {
    const stolen = await storedKey({ created: -1000 });
    const [fresh, ...others] = await rotate(true);
    expect(fresh).toMatchObject({ signsAt: NOW, retiredAt: null });
    expect(others.map(({ kid, retiredAt }) => [kid, retiredAt])).toEqual([[stolen, NOW]]);
    expect((await node().current()).kid).toBe(fresh?.kid);
  });

  test('is recorded in the audit log', async () => {
    await storedKey({});
    await rotate();
    const rows = await query<object>(
      database.url,
      `select tenant_id, user_id, session_id from audit_event where type = 'signing-key.rotated' and occurred_at = $1`,
      [NOW],
    );
    expect(rows).toContainEqual({ tenant_id: 'default', user_id: null, session_id: null });
  });
});

describe('an access token', () => {
  const claims = (given: Partial<AccessTokenClaims> = {}): AccessTokenClaims => ({
    id: 'x',
    userId: 'u',
    sessionId: 's',
    tenantId: 'default',
    evidence: [],
    enrolled: [],
    roles: [],
    meetsPolicy: true,
    issuedAt: NOW,
    expiresAt: addSeconds(NOW, 60),
    ...given,
  });
  const tokens = (): AccessTokens => new AccessTokens(node(), 'https://auth.example.com');

  test('says when it was issued and when it expires', async () => {
    const here = tokens();
    expect(await here.verify(await here.sign(claims()), NOW)).toEqual({
      sessionId: 's',
      id: 'x',
      issuedAt: NOW.getTime() / 1000,
      expiresAt: NOW.getTime() / 1000 + 60,
      evidence: [],
    });
  });

  test('is accepted for five seconds after it has expired, and then names the session to refresh', async () => {
    const here = tokens();
    const token = await here.sign(claims());
    expect(await here.verify(token, addSeconds(NOW, 64))).toMatchObject({ sessionId: 's', id: 'x' });
    expect(await here.verify(token, addSeconds(NOW, 65))).toEqual({ fault: 'EXPIRED', sessionId: 's' });
  });

  test('proves nothing with evidence that is more than five seconds in the future', async () => {
    const here = tokens();
    const evidenceAt = async (seconds: number): Promise<unknown> => {
      const evidence = [evidenceOf('PASSWORD', NOW.getTime() / 1000 + seconds)];
      return here.verify(await here.sign(claims({ evidence })), NOW);
    };
    expect(await evidenceAt(5)).toMatchObject({ evidence: [{ factor: 'PASSWORD' }] });
    expect(await evidenceAt(6)).toMatchObject({ evidence: [] });
  });

  test('that is malformed is invalid, and names no session', async () => {
    const here = tokens();
    const token = await here.sign(claims({ sessionId: 5 as never }));
    for (const wrong of [token, 'garbage', '', `${decodeProtectedHeader(token).kid}`])
      expect(await here.verify(wrong, NOW)).toEqual({ fault: 'INVALID', sessionId: null });
  });

  test('is not called invalid because the keys cannot be read', async () => {
    const token = await tokens().sign(claims());
    const elsewhere = tokens();
    await outOfReach(() => expect(elsewhere.verify(token, NOW)).rejects.toThrow('signing_key'));
  });
});

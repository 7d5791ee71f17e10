// A proof that is bound to one operation is used up once, by the session that made it, and counts for as long as what it
// proved is fresh enough for the field.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { type Orm, openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { requirement } from '../../src/policy/requirement.ts';
import {
  consumeGrant,
  DEFAULT_GRANT_SECONDS,
  grantOperation,
  keyedOperation,
  voidGrants,
} from '../../src/sessions/operation-grant.ts';
import type { PresentedSession } from '../../src/sessions/presented.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf } from './operations.ts';

/** A whole second, as a proof is stamped. */
const PROVED = 1_800_000_000;
const OPERATION = 'd'.repeat(43);

let app: TestApp;
let orm: Orm;
let sessionId: string;
let userId: string;
const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);

beforeAll(async () => {
  app = await startTestApp();
  orm = await openOrm(app.databaseUrl);
  const { accessToken } = await new TestClient(app).signUp();
  const claims = claimsOf(accessToken);
  sessionId = claims.sid;
  userId = String(claims['sub']);
});
afterAll(async () => {
  await orm.close();
  await app[Symbol.asyncDispose]();
});
beforeEach(() => query(app.databaseUrl, 'delete from operation_grant'));

/** @param after seconds after the proof. */
const at = (after: number): Date => new Date((PROVED + after) * 1000);

async function grant(seconds = 10_000, factor: FactorKind = 'TOTP'): Promise<void> {
  const unitOfWork = new UnitOfWork();
  const proof = evidenceOf(factor, PROVED);
  const digest = keyedOperation(ring, OPERATION);
  grantOperation(unitOfWork, { sessionId, digest, proof }, seconds, at(0));
  await unitOfWork.commit(orm.em.fork());
}

interface Use {
  readonly now?: Date;
  readonly demand?: Parameters<typeof requirement>[0];
  readonly enrolled?: readonly FactorKind[];
  /** When the token was issued, in seconds after the proof. */
  readonly issued?: number;
  readonly digest?: string;
  readonly by?: KeyRing;
}

function use(given: Use = {}): Promise<boolean> {
  const { now = at(0), demand = {}, enrolled = ['TOTP'], issued = 0, digest = OPERATION, by = ring } = given;
  const session = { id: sessionId, enrolled, token: { issuedAt: PROVED + issued } };
  return consumeGrant(
    orm.em.fork(),
    by,
    session as unknown as PresentedSession,
    digest,
    requirement({ bind: 'OPERATION', ...demand }),
    now,
  );
}

test('a bound proof waits five minutes for its operation by default', () => {
  expect(DEFAULT_GRANT_SECONDS).toBe(300);
});

describe('a proof for one operation', () => {
  test('is consumed once, and the time is recorded', async () => {
    await grant();
    expect(await use({ now: at(1) })).toBe(true);
    expect(await use({ now: at(1) })).toBe(false);
    const rows = await query(app.databaseUrl, 'select factor, proved_at, consumed_at from operation_grant');
    expect(rows).toEqual([{ factor: 'TOTP', proved_at: at(0), consumed_at: at(1) }]);
  });

  test('that was given twice is consumed one at a time', async () => {
    await grant();
    await grant();
    expect([await use(), await use(), await use()]).toEqual([true, true, false]);
  });

  test('is not valid for another operation', async () => {
    await grant();
    expect(await use({ digest: 'e'.repeat(43) })).toBe(false);
  });

  test('is invalid from the moment at which it expires', async () => {
    await grant(60);
    expect(await use({ now: at(60) })).toBe(false);
    expect(await use({ now: at(59.999) })).toBe(true);
  });

  test('counts until the last second of the field’s `maxAge`', async () => {
    await grant();
    expect(await use({ now: at(121), demand: { maxAge: 120 } })).toBe(false);
    expect(await use({ now: at(120.999), demand: { maxAge: 120 } })).toBe(true);
  });

  test('is not accepted with a token that was issued before it', async () => {
    await grant();
    expect(await use({ issued: -1 })).toBe(false);
    expect(await use({ issued: 0 })).toBe(true);
  });

  test('by a factor that the field does not accept does not open the field', async () => {
    await grant();
    expect(await use({ demand: { accept: ['PHONE_CODE'] } })).toBe(false);
    expect(await use({ demand: { accept: ['TOTP'] } })).toBe(true);
  });

  test.each([
    ['SECOND_FACTOR', [], false],
    ['SECOND_FACTOR', ['TOTP'], false],
    ['STRONGEST_ENROLLED', ['TOTP'], false],
    ['STRONGEST_ENROLLED', [], true],
  ] as const)(
    'by a password, where %s is demanded of a user with %j: %s',
    async (require, enrolled, expected) => {
      await grant(10_000, 'PASSWORD');
      expect(await use({ demand: { require }, enrolled })).toBe(expected);
    },
  );

  test('is found if its digest was made with an older key of the ring, and not if that key was removed', async () => {
    await grant();
    const newer = new Uint8Array(32).fill(7);
    expect(await use({ by: new KeyRing([newer]) })).toBe(false);
    expect(await use({ by: new KeyRing([newer, ...readConfig(TEST_ENVIRONMENT).secretKeys]) })).toBe(true);
  });

  test('is void when the factor that made it is removed, and not when another one is', async () => {
    await grant();
    await voidGrants(sqlOf(orm.em.fork()), userId, ['PHONE_CODE']).execute();
    await voidGrants(sqlOf(orm.em.fork()), '00000000-0000-0000-0000-000000000000', ['TOTP']).execute();
    expect(await use()).toBe(true);
    await grant();
    await voidGrants(sqlOf(orm.em.fork()), userId, ['TOTP']).execute();
    expect(await use()).toBe(false);
  });
});

// Changes while a workflow waits for its next step: the user adds or loses a second factor elsewhere, or the session
// ends. The next step always uses the current state.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { openOrm } from '../../src/persistence/orm.ts';
import { keyedDigest } from '../../src/platform/digest.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { requirement } from '../../src/policy/requirement.ts';
import { consumeGrant } from '../../src/sessions/operation-grant.ts';
import type { PresentedSession } from '../../src/sessions/presented.ts';
import { whileHeld } from '../factors/held-rows.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf, isAlive, refresh } from '../sessions/operations.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  await query(
    app.databaseUrl,
    "insert into tenant (id, second_factor, created_at) values ('strict', 'REQUIRED', now())",
  );
});
afterAll(() => app[Symbol.asyncDispose]());

/** The confirmed authenticator apps of a user. */
async function appsOf({ accessToken }: Pick<Person, 'accessToken'>): Promise<number> {
  const [row] = await query<{ apps: string }>(
    app.databaseUrl,
    "select count(*) as apps from authenticator where user_id = $1 and factor = 'TOTP' and confirmed_at is not null",
    [claimsOf(accessToken)['sub']],
  );
  return Number(row?.apps);
}

async function remove(token: string): Promise<void> {
  const { data } = await client.graphql('{ viewer { authenticators { id factor } } }', {}, token);
  const { id } = data.viewer.authenticators.find((one: { factor: string }) => one.factor === 'TOTP');
  const removal = 'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }';
  const removed = await client.graphql(removal, { id }, token);
  expect(removed.data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
}

describe('a second factor that was added elsewhere in the meantime', () => {
  test('must be proved in an enrollment that started without one, so that it cannot be bypassed', async () => {
    const person = await client.signUp();
    const copied = await client.signIn(person);
    const waiting = await client.startEnrollment({ factor: 'TOTP' }, copied.accessToken);
    expect(waiting.status).toBe('NEEDS_ENROLLMENT');
    await client.enrollTotp(person.accessToken);
    const proof = { totp: client.totp(waiting.totp?.secret ?? '') };
    expect((await client.attempt(waiting.id, proof, copied.accessToken)).code).toBe('FACTOR_NOT_OFFERED');
    expect(await appsOf(person)).toBe(1);
    // A new enrollment asks for the existing factor.
    const again = await client.startEnrollment({ factor: 'TOTP' }, copied.accessToken);
    expect(again).toMatchObject({ status: 'NEEDS_PROOF', totp: null });
  });

  test('must be proved in the enrollment of a phone too, and no message is sent', async () => {
    const person = await client.signUp();
    const copied = await client.signIn(person);
    const phoneNumber = '+14155550111';
    const waiting = await client.startEnrollment(
      { factor: 'PHONE_CODE', phoneNumber, secondFactor: false },
      copied.accessToken,
    );
    await client.enrollTotp(person.accessToken);
    expect((await client.prepare(waiting.id, 'PHONE_CODE', copied.accessToken)).code).toBe(
      'FACTOR_NOT_OFFERED',
    );
    expect((await client.inbox()).filter(({ to }) => to === phoneNumber)).toEqual([]);
  });

  test('is not replaced by one that a sign-in was enrolling', async () => {
    const email = 'strict@example.com';
    const started = await client.startSignUp({ email, password: PASSWORD, tenant: 'strict' });
    const proved = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
    expect(proved.status).toBe('NEEDS_ENROLLMENT');
    const waiting = await client.startSignIn({ identifier: email, tenant: 'strict' });
    const waits = await client.attempt(waiting.id, { password: PASSWORD });
    if (waits.status !== 'NEEDS_ENROLLMENT') throw new Error(`The sign-in stands at ${waits.status}.`);
    const done = await client.attempt(started.id, { totp: client.totp(proved.totp?.secret ?? '') });
    expect(done.status).toBe('COMPLETE');
    const late = await client.attempt(waiting.id, { totp: client.totp(waits.totp?.secret ?? '') });
    expect(late.code).toBe('FACTOR_NOT_OFFERED');
    expect(await appsOf({ accessToken: done.session?.accessToken ?? '' })).toBe(1);
  });

  test('must be proved in a step-up for which a first factor would have been enough', async () => {
    const person = await client.signUp();
    const copied = await client.signIn(person);
    const { id } = await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, copied.accessToken);
    const { secret } = await client.enrollTotp(person.accessToken);
    const byPassword = await client.attempt(id, { password: PASSWORD }, copied.accessToken);
    expect(byPassword.code).toBe('FACTOR_NOT_OFFERED');
    app.clock.advance(30);
    const done = await client.attempt(id, { totp: client.totp(secret) }, copied.accessToken);
    expect(done.status).toBe('COMPLETE');
  });
});

describe('a second factor that was removed in the meantime', () => {
  test('no longer counts in a password reset, which accepts no new password', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    app.clock.advance(30);
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_CODE');
    await client.attempt(id, { emailCode: await client.codeFor(person.email) });
    expect((await client.attempt(id, { totp: client.totp(secret) })).status).toBe('NEEDS_NEW_PASSWORD');
    await remove(tokens.accessToken);
    const chosen = await client.chooseNewPassword(id, 'another long password of a thief');
    expect(chosen.code).toBe('WORKFLOW_EXPIRED');
    expect((await client.signIn(person)).accessToken).toBeTruthy();
  });

  test('no longer counts in an enrollment, whether it was proved before or during it', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    const fresh = await client.startEnrollment({ factor: 'TOTP' }, tokens.accessToken);
    expect(fresh.status).toBe('NEEDS_ENROLLMENT');
    app.clock.advance(30);
    const thief = await client.signIn(person, { totp: client.totp(secret) });
    app.clock.advance(590);
    const stale = await refresh(client, thief.refreshToken);
    app.clock.advance(30);
    const proving = await client.startEnrollment({ factor: 'TOTP' }, stale.accessToken);
    expect(proving.status).toBe('NEEDS_PROOF');
    const proved = await client.attempt(proving.id, { totp: client.totp(secret) }, stale.accessToken);
    expect(proved.status).toBe('NEEDS_ENROLLMENT');
    app.clock.advance(30);
    const owner = await client.signIn(person, { totp: client.totp(secret) });
    await remove(owner.accessToken);
    for (const [{ id, totp }, token] of [
      [fresh, (await refresh(client, tokens.refreshToken)).accessToken],
      [{ id: proving.id, totp: proved.totp }, stale.accessToken],
    ] as const) {
      const late = await client.attempt(id, { totp: client.totp(totp?.secret ?? '') }, token);
      expect(['WORKFLOW_EXPIRED', 'WORKFLOW_NOT_FOUND']).toContain(late.code);
    }
    expect(await appsOf(person)).toBe(0);
  });

  test('by an administrator no longer counts either', async () => {
    const admin = await client.signUp();
    const { tokens } = await client.enrollTotp(admin.accessToken);
    const { sub } = claimsOf(admin.accessToken);
    await query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [sub]);
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    app.clock.advance(30);
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_CODE');
    await client.attempt(id, { emailCode: await client.codeFor(person.email) });
    expect((await client.attempt(id, { totp: client.totp(secret) })).status).toBe('NEEDS_NEW_PASSWORD');
    const removal = 'mutation ($id: ID!) { removeSecondFactors(id: $id) { __typename } }';
    const removed = await client.graphql(
      removal,
      { id: claimsOf(person.accessToken)['sub'] },
      tokens.accessToken,
    );
    expect(removed.data.removeSecondFactors.__typename).toBe('User');
    expect((await client.chooseNewPassword(id, 'another long password of a thief')).code).toBe(
      'WORKFLOW_EXPIRED',
    );
  });

  test('does not end a workflow that has not used it', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_CODE');
    await remove(tokens.accessToken);
    const going = await client.attempt(id, { emailCode: await client.codeFor(person.email) });
    expect(going.status).toBe('NEEDS_NEW_PASSWORD');
  });
});

describe('a session that ends before one of its steps commits', () => {
  /** Ends the session in a transaction that holds its row, after the step has verified its proof and wants to write. */
  function whileEnded<T>(sessionId: string, work: () => Promise<T>): Promise<T> {
    return whileHeld(
      app.databaseUrl,
      'with ended as (update session set revoked_at = now() where id = $1) select id from session where id = $1',
      [sessionId],
      1,
      work,
    );
  }

  test.each<[string, object]>([
    ['a step-up', {}],
    ['a step-up that is bound to an operation', { operation: { query: 'mutation { pay }' } }],
  ])('makes the step fail: %s', async (_what, input) => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    app.clock.advance(60);
    const { sid } = claimsOf(tokens.accessToken);
    const { id } = await client.startStepUp(input, tokens.accessToken);
    const step = await whileEnded(sid, () =>
      client.attempt(id, { totp: client.totp(secret) }, tokens.accessToken),
    );
    expect(step).toMatchObject({ code: 'CONFLICT' });
    const [left] = await query<{ grants: string; tokens: string; evidence: { completedAt: number }[] }>(
      app.databaseUrl,
      `select evidence, (select count(*) from operation_grant g where g.session_id = s.id) as grants,
        (select count(*) from refresh_token t where t.session_id = s.id and t.used_at is null) as tokens
       from session s where id = $1`,
      [sid],
    );
    expect(left?.grants).toBe('0');
    expect(left?.tokens).toBe('1'); // the earlier one, of the ended session
    const newest = Math.max(...(left?.evidence ?? []).map((one) => one.completedAt));
    expect(newest).toBeLessThan(app.clock.now().getTime() / 1000 - 50);
    expect(await isAlive(client, tokens.accessToken)).toBe(false);
  });

  test('makes the enrollment of a number that only identifies fail too', async () => {
    const person = await client.signUp();
    const { sid } = claimsOf(person.accessToken);
    const phoneNumber = '+14155550112';
    const started = await client.startEnrollment(
      { factor: 'PHONE_CODE', phoneNumber, secondFactor: false },
      person.accessToken,
    );
    await client.prepare(started.id, 'PHONE_CODE', person.accessToken);
    const phoneCode = await client.codeFor(phoneNumber);
    const step = await whileEnded(sid, () => client.attempt(started.id, { phoneCode }, person.accessToken));
    expect(step.code).toBe('CONFLICT');
    const rows = await query(
      app.databaseUrl,
      'select id from phone_number where number = $1 and verified_at is not null',
      [phoneNumber],
    );
    expect(rows).toEqual([]);
  });

  test('does not consume a bound proof', async () => {
    const person = await client.signUp();
    const { sid } = claimsOf(person.accessToken);
    const orm = await openOrm(app.databaseUrl);
    const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);
    const now = app.clock.now();
    const digest = 'd'.repeat(43);
    await query(
      app.databaseUrl,
      `insert into operation_grant (id, session_id, digest, factor, proved_at, expires_at)
       values (gen_random_uuid(), $1, $2, 'TOTP', $3, $4)`,
      [sid, keyedDigest(ring, 'operation', digest), now, new Date(now.getTime() + 60_000)],
    );
    // The session as it was read at the start of the operation.
    const issuedAt = Math.floor(now.getTime() / 1000) + 1;
    const session = { id: sid, enrolled: ['TOTP'], token: { issuedAt } } as unknown as PresentedSession;
    const use = () => consumeGrant(orm.em.fork(), ring, session, digest, requirement(), now);
    await query(app.databaseUrl, 'update session set revoked_at = now() where id = $1', [sid]);
    expect(await use()).toBe(false);
    await query(app.databaseUrl, 'update session set revoked_at = null where id = $1', [sid]);
    expect(await use()).toBe(true);
    expect(await use()).toBe(false);
    await orm.close();
  });
});

test('a step-up without maxAge requires a proof, however fresh the last one is', async () => {
  const person = await client.signUp();
  const { secret, tokens } = await client.enrollTotp(person.accessToken);
  const asked = await client.startStepUp({}, tokens.accessToken);
  expect(asked).toMatchObject({ status: 'NEEDS_PROOF', session: null });
  expect(await client.startStepUp({ maxAge: 600 }, tokens.accessToken)).toMatchObject({ status: 'COMPLETE' });
  app.clock.advance(30);
  const done = await client.attempt(asked.id, { totp: client.totp(secret) }, tokens.accessToken);
  expect(done.status).toBe('COMPLETE');
});

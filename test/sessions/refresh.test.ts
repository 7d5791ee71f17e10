// Refresh tokens: one use each, and a second use is a theft that ends the session (RFC 9700 section 4.14.2). A refresh
// prolongs a session and changes nothing that was proved in it.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf, isAlive, type Refreshed, refresh } from './operations.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

/** The refresh tokens of a session that would still be taken. */
async function liveTokens(sessionId: string): Promise<number> {
  const [row] = await query<{ live: string }>(
    app.databaseUrl,
    `select count(*) as live from refresh_token t join session s on s.id = t.session_id
     where s.id = $1 and t.used_at is null and s.revoked_at is null`,
    [sessionId],
  );
  return Number(row?.live);
}

async function eventsOf(sessionId: string): Promise<string[]> {
  const rows = await query<{ type: string }>(
    app.databaseUrl,
    'select type from audit_event where session_id = $1 order by occurred_at',
    [sessionId],
  );
  return rows.map(({ type }) => type);
}

describe('a refresh', () => {
  test('gives new tokens of the same session, and the old access token lives on until it expires', async () => {
    const person = await client.signUp();
    app.clock.advance(60);
    const next = await refresh(client, person.refreshToken);
    expect(next.__typename).toBe('SessionGrant');
    expect(next.refreshToken).not.toBe(person.refreshToken);
    expect(next.refreshToken).toMatch(/^[\w-]{43}$/);
    expect(claimsOf(next.accessToken).sid).toBe(claimsOf(person.accessToken).sid);
    expect(await isAlive(client, next.accessToken)).toBe(true);
    expect(await isAlive(client, person.accessToken)).toBe(true);
    expect(await liveTokens(claimsOf(next.accessToken).sid)).toBe(1);
  });

  test('changes nothing that was proved: not the level, not the methods, not their times', async () => {
    const person = await client.signUp();
    app.clock.advance(30);
    const { tokens } = await client.enrollTotp(person.accessToken);
    const before = claimsOf(tokens.accessToken);
    let newest = tokens.refreshToken;
    for (let refreshed = 0; refreshed < 3; refreshed += 1) {
      app.clock.advance(3600);
      const next = await refresh(client, newest);
      newest = next.refreshToken;
      const after = claimsOf(next.accessToken);
      for (const claim of ['acr', 'amr', 'auth_time', 'mfa', 'sub', 'sid', 'tid'])
        expect(after[claim]).toEqual(before[claim]);
      expect(after['exp']).toBe(Number(after['iat']) + 600);
      expect(Number(after['iat'])).toBeGreaterThan(Number(before['iat']));
    }
  });

  test('by a stale proof opens nothing that wants a fresh one', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    const guarded = '{ viewer { auditEvents { type } } }';
    expect((await client.graphql(guarded, {}, tokens.accessToken)).errors).toEqual([]);
    app.clock.advance(601);
    const next = await refresh(client, tokens.refreshToken);
    const { errors } = await client.graphql(guarded, {}, next.accessToken);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test.each<[string, () => string]>([
    ['made up', () => randomBytes(32).toString('base64url')],
    ['empty', () => ''],
    ['short', () => 'x'],
    ['as long as a string may be', () => 'x'.repeat(20_000)],
    ['SQL', () => `' or '1'='1`],
  ])('with a token that is %s is refused', async (_what, make) => {
    expect(await refresh(client, make())).toMatchObject({
      __typename: 'RefreshTokenRejected',
      code: 'REFRESH_TOKEN_REJECTED',
    });
  });

  test('with an access token, or with the digest that is stored, is refused', async () => {
    const person = await client.signUp();
    const [row] = await query<{ digest: string }>(
      app.databaseUrl,
      'select digest from refresh_token where session_id = $1',
      [claimsOf(person.accessToken).sid],
    );
    expect(row?.digest).not.toBe(person.refreshToken);
    for (const token of [person.accessToken, row?.digest ?? ''])
      expect((await refresh(client, token)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect((await refresh(client, person.refreshToken)).__typename).toBe('SessionGrant');
  });
});

describe('a refresh token that is used twice', () => {
  test('ends its session with every token of it, the newest ones too', async () => {
    const person = await client.signUp();
    const elsewhere = await client.signIn(person);
    const second = await refresh(client, person.refreshToken);
    const third = await refresh(client, second.refreshToken);
    expect(await isAlive(client, third.accessToken)).toBe(true);

    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    for (const token of [person.accessToken, second.accessToken, third.accessToken])
      expect(await isAlive(client, token)).toBe(false);
    expect((await refresh(client, third.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');

    // Another session of the same user is none of its business.
    expect(await isAlive(client, elsewhere.accessToken)).toBe(true);
    expect((await refresh(client, elsewhere.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('is in the audit log, once', async () => {
    const person = await client.signUp();
    const { sid } = claimsOf(person.accessToken);
    await refresh(client, person.refreshToken);
    for (let used = 0; used < 3; used += 1) await refresh(client, person.refreshToken);
    const events = await eventsOf(sid);
    expect(events.filter((type) => type === 'session.refresh-token-reused')).toHaveLength(1);
    const [row] = await query(
      app.databaseUrl,
      `select user_id, tenant_id, actor_kind, actor_user_id from audit_event where type = 'session.refresh-token-reused' and session_id = $1`,
      [sid],
    );
    expect(row).toEqual({
      user_id: claimsOf(person.accessToken)['sub'],
      tenant_id: 'default',
      actor_kind: 'SYSTEM',
      actor_user_id: null,
    });
  });

  test('days later still ends the session of its successors', async () => {
    const person = await client.signUp();
    let newest: Refreshed = await refresh(client, person.refreshToken);
    for (let day = 0; day < 10; day += 1) {
      app.clock.advance(86_400);
      newest = await refresh(client, newest.refreshToken);
    }
    expect(await isAlive(client, newest.accessToken)).toBe(true);
    await refresh(client, person.refreshToken);
    expect(await isAlive(client, newest.accessToken)).toBe(false);
  });
});

describe('many uses of one refresh token at the same moment', () => {
  test.each([2, 20])('have one winner at most, and never leave two live tokens (%d)', async (uses) => {
    for (let round = 0; round < 3; round += 1) {
      const person = await client.signUp();
      const { sid } = claimsOf(person.accessToken);
      const answers = await Promise.all(
        Array.from({ length: uses }, () => refresh(client, person.refreshToken)),
      );
      const winners = answers.filter((answer) => answer.__typename === 'SessionGrant');
      expect(winners.length).toBeLessThanOrEqual(1);
      expect(answers.filter((answer) => answer.code === 'REFRESH_TOKEN_REJECTED')).toHaveLength(
        uses - winners.length,
      );
      expect(await liveTokens(sid)).toBe(0); // somebody used it twice, so the session has ended
      const [first] = winners;
      if (first === undefined) continue;
      expect(await isAlive(client, first.accessToken)).toBe(false);
      expect((await refresh(client, first.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    }
  });

  test('in one batch and in one document are as many uses', async () => {
    const person = await client.signUp();
    const field = `refreshSession(input: { refreshToken: "${person.refreshToken}" }) { __typename }`;
    const document = { query: `mutation { a: ${field} b: ${field} }` };
    const { text } = await client.post(JSON.stringify([document, document]));
    expect(text.split('"SessionGrant"').length - 1).toBeLessThanOrEqual(1);
    expect(text.split('"RefreshTokenRejected"').length - 1).toBeGreaterThanOrEqual(3);
    expect(await liveTokens(claimsOf(person.accessToken).sid)).toBe(0);
  });
});

describe('a step-up', () => {
  test('voids the refresh token from before it: whoever copied that one gets no stronger session', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    app.clock.advance(60);
    const stepUp = await client.startStepUp({}, tokens.accessToken);
    const done = await client.attempt(stepUp.id, { totp: client.totp(secret) }, tokens.accessToken);
    const grant = done.session;
    expect(grant?.refreshToken).toBeTruthy();
    expect(await liveTokens(claimsOf(tokens.accessToken).sid)).toBe(1);

    const copied = await refresh(client, tokens.refreshToken);
    expect(copied).toMatchObject({ __typename: 'RefreshTokenRejected' });
    expect(copied.accessToken).toBeUndefined();
  });

  test('gives a refresh token that is good', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    app.clock.advance(60);
    const stepUp = await client.startStepUp({}, tokens.accessToken);
    const done = await client.attempt(stepUp.id, { totp: client.totp(secret) }, tokens.accessToken);
    const next = await refresh(client, done.session?.refreshToken ?? '');
    expect(claimsOf(next.accessToken)['auth_time']).toBe(
      claimsOf(done.session?.accessToken ?? '')['auth_time'],
    );
    expect(claimsOf(next.accessToken).sid).toBe(claimsOf(tokens.accessToken).sid);
  });
});

describe('a lifetime', () => {
  test('of a session that is not used ends after the idle time, and not before', async () => {
    const [kept, left] = [await client.signUp(), await client.signUp()];
    app.clock.advance(604_800 - 60);
    const next = await refresh(client, kept.refreshToken);
    expect(next.__typename).toBe('SessionGrant');
    app.clock.advance(61);
    expect((await refresh(client, left.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect((await refresh(client, next.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('of a session ends in the end, however busy it is', async () => {
    const person = await client.signUp();
    let newest = person.refreshToken;
    const days = 29;
    for (let day = 0; day < days; day += 1) {
      app.clock.advance(86_400);
      newest = (await refresh(client, newest)).refreshToken;
    }
    app.clock.advance(86_400 - 300);
    const last = await refresh(client, newest);
    expect(last.__typename).toBe('SessionGrant');
    expect(await isAlive(client, last.accessToken)).toBe(true);
    app.clock.advance(301);
    // The token has not expired yet, and its session has.
    expect(Number(claimsOf(last.accessToken)['exp']) * 1000).toBeGreaterThan(app.clock.now().getTime());
    expect(await isAlive(client, last.accessToken)).toBe(false);
    expect((await refresh(client, last.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
  });

  test('that has passed is no theft: an unused token of it is refused, and nothing is audited', async () => {
    const person = await client.signUp();
    app.clock.advance(604_801);
    await refresh(client, person.refreshToken);
    await refresh(client, person.refreshToken);
    expect(await eventsOf(claimsOf(person.accessToken).sid)).not.toContain('session.refresh-token-reused');
  });

  test('is the configured one', async () => {
    await using short = await startTestApp({
      ACCESS_TOKEN_SECONDS: '30',
      SESSION_IDLE_SECONDS: '300',
      SESSION_SECONDS: '600',
    });
    const there = new TestClient(short);
    const person = await there.signUp();
    expect(claimsOf(person.accessToken)['exp']).toBe(Number(claimsOf(person.accessToken)['iat']) + 30);
    const { data } = await there.graphql(
      '{ viewer { sessions { createdAt idleExpiresAt expiresAt } } }',
      {},
      person.accessToken,
    );
    const [session] = data.viewer.sessions;
    const created = Date.parse(session.createdAt);
    expect(Date.parse(session.idleExpiresAt) - created).toBe(300_000);
    expect(Date.parse(session.expiresAt) - created).toBe(600_000);
    short.clock.advance(299);
    const second = await refresh(there, person.refreshToken);
    short.clock.advance(299);
    const third = await refresh(there, second.refreshToken);
    expect(third.__typename).toBe('SessionGrant');
    short.clock.advance(3);
    expect((await refresh(there, third.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
  });
});

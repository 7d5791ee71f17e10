// Each refresh token is used once. A second use indicates theft and ends the session (RFC 9700 section 4.14.2). A
// refresh prolongs a session without changing its evidence.
import { randomBytes } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOrm } from '../../src/persistence/orm.ts';
import { rotate } from '../../src/sessions/refresh-tokens.ts';
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

/** The number of valid refresh tokens of a session. */
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

describe('a refresh of a session', () => {
  test('returns new tokens of the same session, and the old access token stays valid until it expires', async () => {
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

  test('does not change the level, the methods or their times', async () => {
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

  test('does not renew a stale proof', async () => {
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

  test('with an access token, or with the stored digest, is refused', async () => {
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
  test('ends its session and all of its tokens, including the newest', async () => {
    const person = await client.signUp();
    const elsewhere = await client.signIn(person);
    const second = await refresh(client, person.refreshToken);
    const third = await refresh(client, second.refreshToken);
    expect(await isAlive(client, third.accessToken)).toBe(true);

    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    for (const token of [person.accessToken, second.accessToken, third.accessToken])
      expect(await isAlive(client, token)).toBe(false);
    expect((await refresh(client, third.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');

    // Another session of the same user is not affected.
    expect(await isAlive(client, elsewhere.accessToken)).toBe(true);
    expect((await refresh(client, elsewhere.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('is recorded once in the audit log', async () => {
    const person = await client.signUp();
    const { sid } = claimsOf(person.accessToken);
    await refresh(client, person.refreshToken);
    app.clock.advance(11);
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

  test('ends the session even days later', async () => {
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

describe('parallel uses of one refresh token', () => {
  test.each([2, 20])('all succeed and leave one valid token (%d)', async (uses) => {
    for (let round = 0; round < 3; round += 1) {
      const person = await client.signUp();
      const { sid } = claimsOf(person.accessToken);
      const answers = await Promise.all(
        Array.from({ length: uses }, () => refresh(client, person.refreshToken)),
      );
      expect(answers.map((answer) => answer.__typename)).toEqual(answers.map(() => 'SessionGrant'));
      expect(await liveTokens(sid)).toBe(1);
      expect(await eventsOf(sid)).not.toContain('session.refresh-token-reused');
      expect(await isAlive(client, person.accessToken)).toBe(true);
    }
  });

  describe('with REFRESH_LEEWAY_SECONDS=0', () => {
    let strict: TestApp;
    let there: TestClient;

    beforeAll(async () => {
      strict = await startTestApp({ REFRESH_LEEWAY_SECONDS: '0' }, app.databaseUrl);
      there = new TestClient(strict);
    });
    afterAll(() => strict[Symbol.asyncDispose]());

    test.each([2, 20])(
      'parallel uses have at most one winner and never leave two valid tokens (%d)',
      async (uses) => {
        for (let round = 0; round < 3; round += 1) {
          const person = await there.signUp();
          const { sid } = claimsOf(person.accessToken);
          const answers = await Promise.all(
            Array.from({ length: uses }, () => refresh(there, person.refreshToken)),
          );
          const winners = answers.filter((answer) => answer.__typename === 'SessionGrant');
          expect(winners.length).toBeLessThanOrEqual(1);
          expect(answers.filter((answer) => answer.code === 'REFRESH_TOKEN_REJECTED')).toHaveLength(
            uses - winners.length,
          );
          expect(await liveTokens(sid)).toBe(0); // the token was used twice, so the session has ended
          const [first] = winners;
          if (first === undefined) continue; // ended before its tokens were signed
          expect(await isAlive(there, first.accessToken)).toBe(false);
          expect((await refresh(there, first.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
        }
      },
    );

    test('each use in one batch or document counts separately', async () => {
      const person = await there.signUp();
      const field = `refreshSession(input: { refreshToken: "${person.refreshToken}" }) { __typename }`;
      const document = { query: `mutation { a: ${field} b: ${field} }` };
      const { text } = await there.post(JSON.stringify([document, document]));
      expect(text.split('"SessionGrant"').length - 1).toBeLessThanOrEqual(1);
      expect(text.split('"RefreshTokenRejected"').length - 1).toBeGreaterThanOrEqual(3);
      expect(await liveTokens(claimsOf(person.accessToken).sid)).toBe(0);
    });

    test('the first of two sequential uses succeeds, and the second ends the session', async () => {
      const person = await there.signUp();
      const won = await refresh(there, person.refreshToken);
      expect(won.__typename).toBe('SessionGrant');
      expect(await isAlive(there, won.accessToken)).toBe(true);
      expect((await refresh(there, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
      expect(await isAlive(there, won.accessToken)).toBe(false);
    });
  });
});

describe('a refresh token whose response was lost', () => {
  test('returns a new successor when it is retried in time, and the lost one is invalid', async () => {
    const person = await client.signUp();
    const { sid } = claimsOf(person.accessToken);
    const lost = await refresh(client, person.refreshToken);
    app.clock.advance(9);
    const again = await refresh(client, person.refreshToken);
    expect(again.__typename).toBe('SessionGrant');
    expect(again.refreshToken).not.toBe(lost.refreshToken);
    expect(claimsOf(again.accessToken).sid).toBe(sid);
    expect(await liveTokens(sid)).toBe(1);
    expect(await eventsOf(sid)).not.toContain('session.refresh-token-reused');
    // The successor stays valid, however late it is used.
    app.clock.advance(3600);
    expect((await refresh(client, again.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('can be retried repeatedly within the leeway', async () => {
    const person = await client.signUp();
    await refresh(client, person.refreshToken);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      app.clock.advance(2);
      expect((await refresh(client, person.refreshToken)).__typename).toBe('SessionGrant');
    }
    app.clock.advance(3); // the leeway starts at the first use
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await liveTokens(claimsOf(person.accessToken).sid)).toBe(0);
  });

  test('ends its session when it is retried too late', async () => {
    const person = await client.signUp();
    const next = await refresh(client, person.refreshToken);
    app.clock.advance(10);
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(client, next.accessToken)).toBe(false);
    expect(await eventsOf(claimsOf(next.accessToken).sid)).toContain('session.refresh-token-reused');
  });

  test('ends its session when its successor was already used, because one of the two was stolen', async () => {
    const person = await client.signUp();
    const second = await refresh(client, person.refreshToken);
    const third = await refresh(client, second.refreshToken);
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(client, third.accessToken)).toBe(false);
  });

  test.each([
    ['the owner was first', 'at once', 0],
    ['the owner was first', 'when the token is due', 600],
  ])('does not hide a thief who sent it as well: %s, and it is noticed %s', async (_first, _when, later) => {
    const person = await client.signUp();
    const owner = await refresh(client, person.refreshToken);
    const thief = await refresh(client, person.refreshToken);
    expect(thief.__typename).toBe('SessionGrant');
    app.clock.advance(later);
    // The owner did get a response. Using a successor that was replaced as lost shows that two parties have the token.
    expect((await refresh(client, owner.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(client, thief.accessToken)).toBe(false);
    expect((await refresh(client, thief.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await eventsOf(claimsOf(person.accessToken).sid)).toContain('session.refresh-token-reused');
  });

  test('does not return tokens of a step-up that happened in between', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    app.clock.advance(60);
    const refreshed = await refresh(client, tokens.refreshToken);
    const stepUp = await client.startStepUp({}, refreshed.accessToken);
    const done = await client.attempt(stepUp.id, { totp: client.totp(secret) }, refreshed.accessToken);
    expect(done.session?.refreshToken).toBeTruthy();
    expect((await refresh(client, tokens.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(client, done.session?.accessToken ?? '')).toBe(false);
  });

  test('is refused when its session has ended', async () => {
    const person = await client.signUp();
    const next = await refresh(client, person.refreshToken);
    await client.graphql('mutation { signOut { id } }', {}, next.accessToken);
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
  });
});

describe('a step-up and refresh tokens: it', () => {
  test('invalidates the previous refresh token, so that a copied one does not get the stronger session', async () => {
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

  test('returns a valid refresh token', async () => {
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

describe('the lifetime', () => {
  test('of an unused session is exactly the idle time', async () => {
    const [kept, left] = [await client.signUp(), await client.signUp()];
    app.clock.advance(604_800 - 60);
    const next = await refresh(client, kept.refreshToken);
    expect(next.__typename).toBe('SessionGrant');
    app.clock.advance(61);
    expect((await refresh(client, left.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect((await refresh(client, next.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('of a session has an absolute limit, however busy it is', async () => {
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
    // The access token does not outlive its session.
    const { exp, iat } = claimsOf(last.accessToken);
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(300);
    app.clock.advance(301);
    // The token itself is still within the clock tolerance, but its session has ended.
    expect(await isAlive(client, last.accessToken)).toBe(false);
    expect((await refresh(client, last.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
  });

  test('of a session can end without a theft alert: an unused token is refused and nothing is audited', async () => {
    const person = await client.signUp();
    app.clock.advance(604_801);
    await refresh(client, person.refreshToken);
    await refresh(client, person.refreshToken);
    expect(await eventsOf(claimsOf(person.accessToken).sid)).not.toContain('session.refresh-token-reused');
  });

  test('of an access token never exceeds that of its session', async () => {
    await using short = await startTestApp({ SESSION_IDLE_SECONDS: '300', SESSION_SECONDS: '900' });
    const there = new TestClient(short);
    const person = await there.signUp();
    const lifetime = ({ accessToken }: Pick<Refreshed, 'accessToken'>): number =>
      Number(claimsOf(accessToken)['exp']) - Number(claimsOf(accessToken)['iat']);
    expect(lifetime(person)).toBe(300); // not 600, because the client would then refresh too late
    let newest: Refreshed | typeof person = person;
    for (let busy = 0; busy < 3; busy += 1) {
      short.clock.advance(lifetime(newest) - 10);
      newest = await refresh(there, newest.refreshToken);
      expect(await isAlive(there, newest.accessToken)).toBe(true);
    }
    expect(lifetime(newest)).toBeLessThanOrEqual(30); // the absolute limit of the session
    expect(lifetime(newest)).toBeGreaterThan(0);
  });

  test('is configurable', async () => {
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

test('without a leeway a second use in the same millisecond ends the session as well', async () => {
  const person = await client.signUp();
  const orm = await openOrm(app.databaseUrl);
  const now = app.clock.now();
  const rotation = { leewaySeconds: 0, idleExpiresAt: new Date(now.getTime() + 60_000), now };
  expect(await rotate(orm.em.fork(), person.refreshToken, rotation)).not.toBeNull();
  expect(await rotate(orm.em.fork(), person.refreshToken, rotation)).toBeNull();
  await orm.close();
  expect(await isAlive(client, person.accessToken)).toBe(false);
});

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
  test.each([2, 20])('all get an answer, and leave one live token (%d)', async (uses) => {
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

    test.each([2, 20])('have one winner at most, and never leave two live tokens (%d)', async (uses) => {
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
        expect(await liveTokens(sid)).toBe(0); // somebody used it twice, so the session has ended
        const [first] = winners;
        if (first === undefined) continue; // ended before its tokens were signed
        expect(await isAlive(there, first.accessToken)).toBe(false);
        expect((await refresh(there, first.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
      }
    });

    test('in one batch and in one document are as many uses', async () => {
      const person = await there.signUp();
      const field = `refreshSession(input: { refreshToken: "${person.refreshToken}" }) { __typename }`;
      const document = { query: `mutation { a: ${field} b: ${field} }` };
      const { text } = await there.post(JSON.stringify([document, document]));
      expect(text.split('"SessionGrant"').length - 1).toBeLessThanOrEqual(1);
      expect(text.split('"RefreshTokenRejected"').length - 1).toBeGreaterThanOrEqual(3);
      expect(await liveTokens(claimsOf(person.accessToken).sid)).toBe(0);
    });

    test('one after the other have a winner, and the second one ends the session', async () => {
      const person = await there.signUp();
      const won = await refresh(there, person.refreshToken);
      expect(won.__typename).toBe('SessionGrant');
      expect(await isAlive(there, won.accessToken)).toBe(true);
      expect((await refresh(there, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
      expect(await isAlive(there, won.accessToken)).toBe(false);
    });
  });
});

describe('a refresh token whose answer was lost', () => {
  test('gives a fresh successor when it is sent again in time, and the lost one is void', async () => {
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
    // However late the successor is used, it is good.
    app.clock.advance(3600);
    expect((await refresh(client, again.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('may be lost again and again, as long as it is in time', async () => {
    const person = await client.signUp();
    await refresh(client, person.refreshToken);
    for (let attempt = 0; attempt < 4; attempt += 1) {
      app.clock.advance(2);
      expect((await refresh(client, person.refreshToken)).__typename).toBe('SessionGrant');
    }
    app.clock.advance(3); // the time runs from the first use
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await liveTokens(claimsOf(person.accessToken).sid)).toBe(0);
  });

  test('is reused when it comes too late, and its session ends', async () => {
    const person = await client.signUp();
    const next = await refresh(client, person.refreshToken);
    app.clock.advance(10);
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(client, next.accessToken)).toBe(false);
    expect(await eventsOf(claimsOf(next.accessToken).sid)).toContain('session.refresh-token-reused');
  });

  test('is reused when its successor was used: one of the two is a thief', async () => {
    const person = await client.signUp();
    const second = await refresh(client, person.refreshToken);
    const third = await refresh(client, second.refreshToken);
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(client, third.accessToken)).toBe(false);
  });

  test.each([
    ['the owner was first', 'at once', 0],
    ['the owner was first', 'when the token is due', 600],
  ])('does not hide a thief who sent it as well: %s, and notices %s', async (_first, _when, later) => {
    const person = await client.signUp();
    const owner = await refresh(client, person.refreshToken);
    const thief = await refresh(client, person.refreshToken);
    expect(thief.__typename).toBe('SessionGrant');
    app.clock.advance(later);
    // The owner did get an answer: a token that is void because it was said to be lost shows that two have it.
    expect((await refresh(client, owner.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(client, thief.accessToken)).toBe(false);
    expect((await refresh(client, thief.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await eventsOf(claimsOf(person.accessToken).sid)).toContain('session.refresh-token-reused');
  });

  test('gives nothing of a step-up that came between: its successor is void', async () => {
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

  test('of a session that has ended gives nothing', async () => {
    const person = await client.signUp();
    const next = await refresh(client, person.refreshToken);
    await client.graphql('mutation { signOut { id } }', {}, next.accessToken);
    expect((await refresh(client, person.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
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
    // The token does not outlive its session.
    const { exp, iat } = claimsOf(last.accessToken);
    expect(Number(exp) - Number(iat)).toBeLessThanOrEqual(300);
    app.clock.advance(301);
    // It would still be taken, for the clocks of nodes may differ by seconds; its session would not.
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

  test('of an access token is never longer than that of its session, which it keeps alive', async () => {
    await using short = await startTestApp({ SESSION_IDLE_SECONDS: '300', SESSION_SECONDS: '900' });
    const there = new TestClient(short);
    const person = await there.signUp();
    const lifetime = ({ accessToken }: Pick<Refreshed, 'accessToken'>): number =>
      Number(claimsOf(accessToken)['exp']) - Number(claimsOf(accessToken)['iat']);
    expect(lifetime(person)).toBe(300); // and not 600, or its client would refresh it too late
    let newest: Refreshed | typeof person = person;
    for (let busy = 0; busy < 3; busy += 1) {
      short.clock.advance(lifetime(newest) - 10);
      newest = await refresh(there, newest.refreshToken);
      expect(await isAlive(there, newest.accessToken)).toBe(true);
    }
    expect(lifetime(newest)).toBeLessThanOrEqual(30); // the session ends in the end
    expect(lifetime(newest)).toBeGreaterThan(0);
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

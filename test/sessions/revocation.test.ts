// Ending a session takes effect at once, for all its tokens, and a user can end only their own sessions. A token is
// verified without the database, so the session behind it is read for every operation that needs one.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { endSessionOf } from '../../src/sessions/revocation.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf, codeOf, isAlive, refresh, VIEWER } from './operations.ts';

const REVOKE = `mutation ($id: ID!) {
  revokeSession(id: $id) { __typename ... on Session { id isCurrent revokedAt } ... on UserError { code } }
}`;
const REVOKE_OTHERS = 'mutation { revokeOtherSessions { count } }';
const SIGN_OUT = 'mutation { signOut { id revokedAt } }';

let app: TestApp;
let client: TestClient;
let person: Person;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  person = await client.signUp();
});
afterAll(() => app[Symbol.asyncDispose]());

function renamed(token: string): string {
  const [header, payload = '', signature] = token.split('.');
  const claims = { ...JSON.parse(Buffer.from(payload, 'base64url').toString()), sid: randomUUID() };
  return [header, Buffer.from(JSON.stringify(claims)).toString('base64url'), signature].join('.');
}

async function expectEnded(tokens: Tokens): Promise<void> {
  const answer = await client.graphql(VIEWER, {}, tokens.accessToken);
  expect(codeOf(answer)).toBe('UNAUTHENTICATED');
  expect(answer.headers.get('www-authenticate')).toBe('Bearer error="invalid_token"');
  expect((await refresh(client, tokens.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
}

describe('signing out', () => {
  test('ends the session for its access token and its refresh token, at once', async () => {
    const tokens = await client.signIn(person);
    const { data } = await client.graphql(SIGN_OUT, {}, tokens.accessToken);
    expect(data.signOut).toEqual({ id: claimsOf(tokens.accessToken).sid, revokedAt: expect.any(String) });
    await expectEnded(tokens);
    expect(await isAlive(client, person.accessToken)).toBe(true);
  });

  test('a second time is refused', async () => {
    const tokens = await client.signIn(person);
    await client.graphql(SIGN_OUT, {}, tokens.accessToken);
    const again = await client.graphql(SIGN_OUT, {}, tokens.accessToken);
    expect([again.status, codeOf(again)]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test('in a batch affects the operations after it', async () => {
    const tokens = await client.signIn(person);
    await client.post(JSON.stringify([{ query: SIGN_OUT }, { query: VIEWER }]), tokens.accessToken);
    expect(await isAlive(client, tokens.accessToken)).toBe(false);
  });

  test('works with an expired access token, and ends no other session', async () => {
    const [tokens, kept] = [await client.signIn(person), await client.signIn(person)];
    app.clock.advance(700);
    const { data, errors } = await client.graphql(SIGN_OUT, {}, tokens.accessToken);
    expect(errors).toEqual([]);
    expect(data.signOut).toEqual({ id: claimsOf(tokens.accessToken).sid, revokedAt: expect.any(String) });
    expect((await refresh(client, tokens.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    person = await client.signUp();
    expect((await refresh(client, kept.refreshToken)).__typename).toBe('SessionGrant');
    const again = await client.graphql(SIGN_OUT, {}, tokens.accessToken);
    expect([again.status, codeOf(again)]).toEqual([401, 'UNAUTHENTICATED']);
  });

  test.each<[string, (token: string) => string]>([
    ['of another key', (token) => token.replace(/[^.]*$/, (it) => it.split('').toReversed().join(''))],
    ['that names another session', (token) => renamed(token)],
  ])('with an expired access token %s ends nothing', async (_what, forge) => {
    const tokens = await client.signIn(person);
    app.clock.advance(700);
    const answer = await client.graphql(SIGN_OUT, {}, forge(tokens.accessToken));
    expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
    expect((await refresh(client, tokens.refreshToken)).__typename).toBe('SessionGrant');
    person = await client.signUp();
  });

  test('works with the refresh cookie alone, used or not, and ends no other session', async () => {
    for (const isUsed of [false, true]) {
      const [tokens, kept] = [await client.signIn(person), await client.signIn(person)];
      if (isUsed) await refresh(client, tokens.refreshToken);
      const { sid } = claimsOf(tokens.accessToken);
      const ended = await client.graphql(SIGN_OUT, {}, undefined, {
        'x-stepgate-session': 'cookie',
        cookie: `__Host-stepgate-refresh=${tokens.refreshToken}`,
      });
      expect(ended.errors).toEqual([]);
      expect(ended.data.signOut.id).toBe(sid);
      expect(await isAlive(client, tokens.accessToken)).toBe(false);
      expect(await isAlive(client, kept.accessToken)).toBe(true);
      const [row] = await query(
        app.databaseUrl,
        "select actor_kind, actor_user_id from audit_event where type = 'session.revoked' and session_id = $1",
        [sid],
      );
      expect(row).toEqual({ actor_kind: 'ANONYMOUS', actor_user_id: null });
    }
  });

  test('without a token or cookie is refused, and runs no statement', async () => {
    const answer = await client.graphql(SIGN_OUT);
    expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
    const nowhere = { em: null as never, client: { ip: null, userAgent: null } };
    const nothing = { sessionId: null, refreshToken: null };
    expect(await endSessionOf(nothing, nowhere, new Date())).toBeNull();
  });

  test('ends the workflows of the session', async () => {
    const tokens = await client.signIn(person);
    const enrollment = await client.startEnrollment({ factor: 'TOTP' }, tokens.accessToken);
    await client.graphql(SIGN_OUT, {}, tokens.accessToken);
    const proof = { totp: client.totp(enrollment.totp?.secret ?? '') };
    await expect(client.attempt(enrollment.id, proof, tokens.accessToken)).rejects.toMatchObject({
      problem: { extensions: { code: 'UNAUTHENTICATED' } },
    });
    const elsewhere = await client.signIn(person);
    expect(await client.attempt(enrollment.id, proof, elsewhere.accessToken)).toMatchObject({
      code: 'WORKFLOW_NOT_FOUND',
    });
  });
});

describe('revoking a session', () => {
  test('of the user ends it at once, and no other', async () => {
    const [one, other] = [await client.signIn(person), await client.signIn(person)];
    const { data } = await client.graphql(REVOKE, { id: claimsOf(one.accessToken).sid }, other.accessToken);
    expect(data.revokeSession).toMatchObject({ __typename: 'Session', isCurrent: false });
    await expectEnded(one);
    expect(await isAlive(client, other.accessToken)).toBe(true);
  });

  test('works for the current session', async () => {
    const tokens = await client.signIn(person);
    const { data } = await client.graphql(
      REVOKE,
      { id: claimsOf(tokens.accessToken).sid },
      tokens.accessToken,
    );
    expect(data.revokeSession).toMatchObject({ __typename: 'Session', isCurrent: true });
    await expectEnded(tokens);
  });

  test('of another user is not possible, and does not reveal whether it exists', async () => {
    const stranger = await client.signUp();
    const { sid } = claimsOf(stranger.accessToken);
    const foreign = await client.graphql(REVOKE, { id: sid }, person.accessToken);
    const absent = await client.graphql(REVOKE, { id: randomUUID() }, person.accessToken);
    expect(foreign.data.revokeSession).toEqual({ __typename: 'NotFound', code: 'NOT_FOUND' });
    expect(foreign.text).toBe(absent.text);
    expect(await isAlive(client, stranger.accessToken)).toBe(true);
    expect((await refresh(client, stranger.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('that has already ended is not found', async () => {
    const tokens = await client.signIn(person);
    const { sid } = claimsOf(tokens.accessToken);
    await client.graphql(REVOKE, { id: sid }, person.accessToken);
    const again = await client.graphql(REVOKE, { id: sid }, person.accessToken);
    expect(again.data.revokeSession).toMatchObject({ code: 'NOT_FOUND' });
  });

  test('without signing in is refused', async () => {
    const answer = await client.graphql(REVOKE, { id: claimsOf(person.accessToken).sid });
    expect([answer.status, codeOf(answer)]).toEqual([401, 'UNAUTHENTICATED']);
    expect(await isAlive(client, person.accessToken)).toBe(true);
  });
});

describe('ending other sessions', () => {
  /** A session of a user without a second factor, with a password proof of the given age. */
  const wanted: readonly [string, string, (sid: string) => object][] = [
    ['revokeSession', REVOKE, (id) => ({ id })],
    ['revokeOtherSessions', REVOKE_OTHERS, () => ({})],
  ];

  test.each(wanted)('by %s needs a fresh proof', async (_name, document, variables) => {
    const owner = await client.signUp();
    const stale = await client.signIn(owner);
    app.clock.advance(595);
    const { accessToken } = await refresh(client, stale.refreshToken);
    const other = await client.signIn(owner);
    app.clock.advance(10);
    const { sid } = claimsOf(other.accessToken);
    const refused = await client.graphql(document, variables(sid), accessToken);
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      remedy: 'STEP_UP',
      require: 'STRONGEST_ENROLLED',
    });
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_user_authentication');
    expect(await isAlive(client, other.accessToken)).toBe(true);

    const { id } = await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, accessToken);
    const { session } = await client.attempt(id, { password: owner.password }, accessToken);
    const done = await client.graphql(document, variables(sid), session?.accessToken);
    expect(done.errors).toEqual([]);
    expect(await isAlive(client, other.accessToken)).toBe(false);
  });

  test.each(wanted)(
    'by %s needs the second factor, if the user has one',
    async (_name, document, variables) => {
      const owner = await client.signUp();
      const weak = await client.signIn(owner);
      const { tokens } = await client.enrollTotp(owner.accessToken);
      const refused = await client.graphql(
        document,
        variables(claimsOf(tokens.accessToken).sid),
        weak.accessToken,
      );
      expect(codeOf(refused)).toBe('STEP_UP_REQUIRED');
      expect(await isAlive(client, tokens.accessToken)).toBe(true);
      const others = variables(claimsOf(weak.accessToken).sid);
      expect((await client.graphql(document, others, tokens.accessToken)).errors).toEqual([]);
      expect(await isAlive(client, weak.accessToken)).toBe(false);
    },
  );

  test('needs no fresh proof for the current session, by signing out or by its id', async () => {
    for (const [document, variables] of [
      [SIGN_OUT, () => ({})],
      [REVOKE, (id: string) => ({ id })],
    ] as const) {
      const owner = await client.signUp();
      app.clock.advance(595);
      const { accessToken } = await refresh(client, owner.refreshToken);
      app.clock.advance(300);
      const { sid } = claimsOf(accessToken);
      expect((await client.graphql(document, variables(sid), accessToken)).errors).toEqual([]);
      expect(await isAlive(client, accessToken)).toBe(false);
    }
    person = await client.signUp();
  });
});

describe('revoking the other sessions', () => {
  test('ends every other session of the user, and none of other users', async () => {
    const owner = await client.signUp();
    const stranger = await client.signUp();
    const others = [await client.signIn(owner), await client.signIn(owner)];
    const kept = await client.signIn(owner);
    const { data } = await client.graphql(REVOKE_OTHERS, {}, kept.accessToken);
    expect(data.revokeOtherSessions).toEqual({ count: 3 });
    for (const tokens of [owner, ...others]) await expectEnded(tokens);
    expect(await isAlive(client, kept.accessToken)).toBe(true);
    expect(await isAlive(client, stranger.accessToken)).toBe(true);
    const again = await client.graphql(REVOKE_OTHERS, {}, kept.accessToken);
    expect(again.data.revokeOtherSessions).toEqual({ count: 0 });
  });
});

describe('the list of sessions', () => {
  test('contains the user’s active sessions, and marks the current one', async () => {
    const owner = await client.signUp();
    const gone = await client.signIn(owner);
    const current = await client.signIn(owner);
    await client.graphql(SIGN_OUT, {}, gone.accessToken);
    const list = '{ viewer { sessions { id isCurrent ip userAgent revokedAt } } }';
    const { data } = await client.graphql(list, {}, current.accessToken);
    expect(data.viewer.sessions).toEqual([
      expect.objectContaining({ id: claimsOf(current.accessToken).sid, isCurrent: true, ip: '127.0.0.1' }),
      expect.objectContaining({ id: claimsOf(owner.accessToken).sid, isCurrent: false, revokedAt: null }),
    ]);
  });
});

test('the list of sessions holds the newest 100', async () => {
  const owner = await client.signUp();
  const { sid } = claimsOf(owner.accessToken);
  await query(
    app.databaseUrl,
    `insert into session (id, tenant_id, user_id, evidence, created_at, last_seen_at, idle_expires_at, expires_at)
     select gen_random_uuid(), tenant_id, user_id, evidence, created_at - step * interval '1 second', last_seen_at,
       idle_expires_at, expires_at from session, generate_series(1, 100) step where id = $1`,
    [sid],
  );
  const { data } = await client.graphql('{ viewer { sessions { id createdAt } } }', {}, owner.accessToken);
  expect(data.viewer.sessions).toHaveLength(100);
  expect(data.viewer.sessions[0].id).toBe(sid);
  const times = data.viewer.sessions.map((one: { createdAt: string }) => Date.parse(one.createdAt));
  expect(times).toEqual(times.toSorted((one: number, other: number) => other - one));
  expect(times[0] - times[99]).toBe(99_000);
});

test('the audit log records every ended session and who ended it', async () => {
  const owner = await client.signUp();
  const one = await client.signIn(owner);
  const other = await client.signIn(owner);
  await client.graphql(SIGN_OUT, {}, one.accessToken);
  await client.graphql(REVOKE, { id: claimsOf(other.accessToken).sid }, owner.accessToken);
  const rows = await query<{ session_id: string; user_id: string }>(
    app.databaseUrl,
    `select session_id, user_id from audit_event where type = 'session.revoked' and user_id = $1`,
    [claimsOf(owner.accessToken)['sub']],
  );
  expect(new Set(rows.map((row) => row.session_id))).toEqual(
    new Set([claimsOf(one.accessToken).sid, claimsOf(other.accessToken).sid]),
  );
});

// The token of an agent: what it says, what it opens, and what ends it.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { stepgateTokens } from '../../src/step-up/tokens.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { PASSWORD } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { isAlive, refresh } from '../sessions/operations.ts';
import { type Agent, AgentWorld, type Owner } from './agents.ts';

const SESSIONS = '{ viewer { sessions { id isCurrent agent { name roles } idleExpiresAt expiresAt } } }';

let app: TestApp;
let world: AgentWorld;
let owner: Owner;

beforeAll(async () => {
  app = await startTestApp();
  world = new AgentWorld(app);
  owner = await world.owner();
});
afterAll(() => app[Symbol.asyncDispose]());

const sql = (text: string, values: unknown[] = []) => query(app.databaseUrl, text, values);

async function makeAdmin({ token }: Owner): Promise<string> {
  const { sub } = decodeJwt(token);
  await sql(`update user_account set roles = '["ADMIN"]' where id = $1`, [sub]);
  return String(sub);
}

async function sessionsOf(token: string) {
  return (await world.graphql(SESSIONS, {}, token)).data.viewer.sessions as {
    id: string;
    agent: { name: string } | null;
    expiresAt: string;
  }[];
}

const revoke = (id: string, token: string) =>
  world.graphql(
    'mutation ($id: ID!) { revokeSession(id: $id) { __typename ... on Session { id } ... on UserError { code } } }',
    { id },
    token,
  );

describe('the token of an agent', () => {
  test('says who acts and claims no authentication', async () => {
    const agent = await world.create(owner);
    const claims = decodeJwt(agent.token);
    expect(claims).toMatchObject({
      sub: decodeJwt(owner.token).sub,
      sid: agent.sessionId,
      act: { sub: agent.sessionId, name: 'Bookkeeper' },
      roles: [],
      mfa: { c: {}, e: ['backup-code', 'totp'], v: false },
    });
    for (const name of ['acr', 'amr', 'auth_time']) expect(claims).not.toHaveProperty(name);
    expect(Number(claims.exp) - Number(claims.iat)).toBe(3600);
  });

  test('is listed with the sessions, with its name and an end that nothing extends', async () => {
    const agent = await world.create(owner, { name: 'Listed', lifetimeSeconds: 7200 });
    const before = (await sessionsOf(owner.token)).find(({ id }) => id === agent.sessionId);
    expect(before).toMatchObject({ agent: { name: 'Listed', roles: [] }, isCurrent: false });
    app.clock.advance(600);
    expect(await isAlive(world, agent.token)).toBe(true);
    owner = await world.again(owner);
    expect((await sessionsOf(owner.token)).find(({ id }) => id === agent.sessionId)).toEqual(before);
    app.clock.advance(6601);
    expect(await isAlive(world, agent.token)).toBe(false);
    owner = await world.again(owner);
    expect((await sessionsOf(owner.token)).map(({ id }) => id)).not.toContain(agent.sessionId);
  });

  test('tells the user and the audit log', async () => {
    const one = await world.owner();
    const told = async () =>
      (await world.inbox()).filter(({ to, subject }) => to === one.email && subject.includes('agent'));
    expect(await told()).toEqual([]);
    const { sessionId } = await world.create(one, { name: 'Told "of" it' });
    const mails = await told();
    expect(mails.map(({ text }) => text)).toEqual([expect.stringContaining('Told "of" it')]);
    expect(
      await sql(`select type, actor_kind, actor_session_id from audit_event where session_id = $1`, [
        sessionId,
      ]),
    ).toEqual([{ type: 'agent.created', actor_kind: 'USER', actor_session_id: decodeJwt(one.token)['sid'] }]);
  });

  test('has no refresh token, and none can be made of it', async () => {
    const agent = await world.create(owner);
    expect(await sql('select digest from refresh_token where session_id = $1', [agent.sessionId])).toEqual(
      [],
    );
    expect((await refresh(world, agent.token)).code).toBe('REFRESH_TOKEN_REJECTED');
  });

  test('is one of a session that has ended, for a server of a version without agents', async () => {
    const agent = await world.create(owner);
    const [row] = await sql('select idle_expires_at <= created_at as ended from session where id = $1', [
      agent.sessionId,
    ]);
    expect(row).toEqual({ ended: true });
  });
});

describe('creating an agent', () => {
  test('needs a proof for exactly this agent', async () => {
    const fresh = await world.again(owner);
    const body = world.createBody({ name: 'Bookkeeper' });
    const refused = await world.graphql(body.query, body.variables, fresh.token);
    expect(refused.errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', bind: 'OPERATION' });
    const started = await world.startStepUp({ operation: body }, fresh.token);
    const done = await world.attempt(started.id, { totp: world.code(fresh) }, fresh.token);
    const token = done.session?.accessToken;
    const other = await world.graphql(
      body.query,
      { input: { name: 'Bookkeeper', lifetimeSeconds: 86_400 } },
      token,
    );
    expect(other.errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
    expect((await world.graphql(body.query, body.variables, token)).data.createAgentToken.__typename).toBe(
      'AgentToken',
    );
    // Once.
    expect((await world.graphql(body.query, body.variables, token)).errors[0]?.extensions.code).toBe(
      'STEP_UP_REQUIRED',
    );
  });

  test('needs a second factor', async () => {
    const { accessToken } = await world.signUp();
    const body = world.createBody({ name: 'Bookkeeper' });
    const refused = await world.graphql(body.query, body.variables, accessToken);
    expect(refused.errors[0]?.extensions.code).toBe('ENROLLMENT_REQUIRED');
  });

  test.each([
    [{ name: '' }, 'name'],
    [{ name: 'x'.repeat(65) }, 'name'],
    [{ name: 'two\nlines' }, 'name'],
    [{ name: 'turned \u202e around' }, 'name'],
    [{ name: 'A', lifetimeSeconds: 59 }, 'lifetimeSeconds'],
    [{ name: 'A', lifetimeSeconds: 86_401 }, 'lifetimeSeconds'],
    [{ name: 'A', lifetimeSeconds: -1 }, 'lifetimeSeconds'],
  ])('rejects %j', async (input, path) => {
    const answer = await world.tryCreate(owner, input);
    expect(answer).toMatchObject({ __typename: 'InvalidInput', fields: [{ path }] });
  });

  test('M2 gives no role that the user does not have', async () => {
    expect((await world.tryCreate(owner, { name: 'Admin', roles: ['ADMIN'] })).code).toBe('ROLE_NOT_HELD');
  });

  test('stops at 20 live agents, also with parallel requests', async () => {
    const one = await world.owner();
    for (let count = 0; count < 18; count += 1) await world.create(one);
    // Proofs for four more, used at once.
    const bodies = ['a', 'b', 'c', 'd'].map((name) => world.createBody({ name }));
    for (const operation of bodies) {
      const started = await world.startStepUp({ operation }, one.token);
      const done = await world.attempt(started.id, { totp: world.code(one) }, one.token);
      one.token = done.session?.accessToken ?? '';
    }
    const answers = await Promise.all(
      bodies.map((body) => world.graphql(body.query, body.variables, one.token)),
    );
    const codes = answers.map(({ data }) => String(data.createAgentToken.code ?? 'OK'));
    expect(codes.toSorted()).toEqual(['OK', 'OK', 'TOO_MANY_AGENTS', 'TOO_MANY_AGENTS']);
    // An agent that has ended makes room.
    const agent = (await sessionsOf(one.token)).find((session) => session.agent !== null);
    one.token = (await world.again(one)).token;
    expect((await revoke(agent?.id ?? '', one.token)).errors).toEqual([]);
    await world.create(one);
  });
});

describe('the roles of an agent', () => {
  test('are those of the user that it was given, and end with them', async () => {
    const admin = await world.owner();
    const id = await makeAdmin(admin);
    const agent = await world.create(admin, { roles: ['ADMIN', 'ADMIN'] });
    const plain = await world.create(admin);
    const roles = async ({ token }: Agent) =>
      (await world.graphql('{ viewer { roles } }', {}, token)).data.viewer.roles;
    expect(decodeJwt(agent.token)['roles']).toEqual(['ADMIN']);
    expect(await roles(agent)).toEqual(['ADMIN']);
    expect(await roles(plain)).toEqual([]);
    await sql(`update user_account set roles = '[]' where id = $1`, [id]);
    expect(await roles(agent)).toEqual([]);
  });
});

describe('an agent ends', () => {
  async function both(): Promise<[Owner, Agent]> {
    const one = await world.owner();
    return [one, await world.create(one)];
  }

  test('when it is revoked by its user, but by nobody else', async () => {
    const [one, agent] = await both();
    const stranger = await world.owner();
    expect((await revoke(agent.sessionId, stranger.token)).data.revokeSession.code).toBe('NOT_FOUND');
    const { token } = await world.again(one);
    expect((await revoke(agent.sessionId, token)).data.revokeSession.id).toBe(agent.sessionId);
    expect(await isAlive(world, agent.token)).toBe(false);
  });

  test('when all other sessions are ended', async () => {
    const [one, agent] = await both();
    const { token } = await world.again(one);
    await world.graphql('mutation { revokeOtherSessions { count } }', {}, token);
    expect(await isAlive(world, agent.token)).toBe(false);
    expect(await isAlive(world, token)).toBe(true);
  });

  test('when it signs out, and nothing else does', async () => {
    const [one, agent] = await both();
    const { data } = await world.graphql('mutation { signOut { id } }', {}, agent.token);
    expect(data.signOut.id).toBe(agent.sessionId);
    expect(await isAlive(world, agent.token)).toBe(false);
    expect(await isAlive(world, one.token)).toBe(true);
  });

  test('with its expired token as well, if it signs out', async () => {
    const [, agent] = await both();
    app.clock.advance(3700);
    const { data } = await world.graphql('mutation { signOut { id } }', {}, agent.token);
    expect(data.signOut.id).toBe(agent.sessionId);
  });

  test('not when the session in which it was created signs out', async () => {
    const [one, agent] = await both();
    await world.graphql('mutation { signOut { id } }', {}, one.token);
    expect(await isAlive(world, one.token)).toBe(false);
    expect(await isAlive(world, agent.token)).toBe(true);
    // From then on, it ends like any other session.
    const { token } = await world.again(one);
    await world.graphql('mutation { revokeOtherSessions { count } }', {}, token);
    expect(await isAlive(world, agent.token)).toBe(false);
  });

  test('when the session in which it was created is ended from elsewhere', async () => {
    const [one, agent] = await both();
    const elsewhere = await world.again(one);
    await revoke(String(decodeJwt(one.token)['sid']), elsewhere.token);
    expect(await isAlive(world, agent.token)).toBe(false);
    const rows = await sql(
      `select session_id from audit_event where type = 'session.revoked' and session_id = $1`,
      [agent.sessionId],
    );
    expect(rows).toHaveLength(1);
  });

  test('when a refresh token of the session in which it was created is used twice', async () => {
    const [one, agent] = await both();
    expect((await refresh(world, one.refreshToken)).__typename).toBe('SessionGrant');
    expect(await isAlive(world, agent.token)).toBe(true);
    app.clock.advance(11);
    expect((await refresh(world, one.refreshToken)).code).toBe('REFRESH_TOKEN_REJECTED');
    expect(await isAlive(world, agent.token)).toBe(false);
  });

  test('when the password is changed and other sessions are signed out', async () => {
    const [one, agent] = await both();
    const { token } = await world.again(one);
    const change = `mutation { changePassword(input: { newPassword: "${PASSWORD} and more", signOutOtherSessions: true }) { __typename ... on UserError { code message } } }`;
    const { data, errors } = await world.graphql(change, {}, token);
    expect({ errors, type: data?.changePassword.__typename }).toEqual({ errors: [], type: 'User' });
    expect(await isAlive(world, agent.token)).toBe(false);
  });

  test('when the password is reset', async () => {
    const [one, agent] = await both();
    const started = await world.startPasswordReset({ identifier: one.email });
    await world.prepare(started.id, 'EMAIL_CODE');
    await world.attempt(started.id, { emailCode: await world.codeFor(one.email) });
    await world.attempt(started.id, { totp: world.code(one) });
    expect((await world.chooseNewPassword(started.id, `${PASSWORD} and more`)).status).toBe('COMPLETE');
    expect(await isAlive(world, agent.token)).toBe(false);
  });

  test('when its user is deleted', async () => {
    const [one, agent] = await both();
    await sql('delete from user_account where id = $1', [decodeJwt(one.token).sub]);
    expect(await isAlive(world, agent.token)).toBe(false);
  });

  test('in a race of its creation with the end of all other sessions', async () => {
    for (let round = 0; round < 5; round += 1) {
      const one = await world.owner();
      const thief = await world.again(one);
      const body = world.createBody({ name: 'Thief' });
      const started = await world.startStepUp({ operation: body }, thief.token);
      const done = await world.attempt(started.id, { totp: world.code(one) }, thief.token);
      one.token = (await world.again(one)).token;
      const [created] = await Promise.all([
        world.graphql(body.query, body.variables, done.session?.accessToken),
        world.graphql('mutation { revokeOtherSessions { count } }', {}, one.token),
      ]);
      const token = created.data?.createAgentToken?.accessToken;
      if (token !== undefined) expect(await isAlive(world, token)).toBe(false);
    }
  });
});

describe('at a service', () => {
  const tokensOf = (more: object = {}) =>
    stepgateTokens({
      issuer: TEST_ENVIRONMENT.PUBLIC_URL,
      jwksUrl: `${app.url}/.well-known/jwks.json`,
      now: () => app.clock.now(),
      ...more,
    });

  test('an agent counts only if its session is looked up, and the operator is told once', async () => {
    const agent = await world.create(await world.again(owner));
    const told: unknown[] = [];
    const offline = tokensOf({ onError: (error: unknown) => told.push(error) });
    for (let count = 0; count < 2; count += 1)
      expect(await offline.present(`Bearer ${agent.token}`)).toMatchObject({
        holder: null,
        authContext: null,
      });
    expect(told.map(String)).toEqual([expect.stringContaining('option `session`')]);
  });

  test('it is shown who acts, roles are those of now, and there is no evidence', async () => {
    const admin = await world.owner();
    const id = await makeAdmin(admin);
    const agent = await world.create(admin, { roles: ['ADMIN'] });
    const online = tokensOf({ session: { url: `${app.url}/graphql`, cacheSeconds: 0 } });
    const present = () => online.present(`Bearer ${agent.token}`);
    expect(await present()).toMatchObject({
      holder: { userId: id, sessionId: agent.sessionId, agent: { name: 'Bookkeeper' } },
      authContext: { evidence: [], roles: ['ADMIN'], agent: { name: 'Bookkeeper' } },
    });
    await sql(`update user_account set roles = '[]' where id = $1`, [id]);
    expect((await present()).authContext?.roles).toEqual([]);
    await revoke(agent.sessionId, (await world.again(admin)).token);
    expect((await present()).authContext).toBeNull();
    const person = await online.present(`Bearer ${(await world.again(admin)).token}`);
    expect(person.holder?.userId).toBe(id);
    expect(person.holder).not.toHaveProperty('agent');
  });
});

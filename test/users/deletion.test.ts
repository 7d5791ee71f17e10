// Deleting an account: everything that acts for the user stops at once, the addresses stay reserved, and only the owner can
// take it back, for 14 days.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { AgentWorld, type Owner } from '../agents/agents.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const DAY_SECONDS = 86_400;
const DELETE = `mutation { deleteAccount {
  __typename ... on AccountDeletion { requestedAt scheduledFor } ... on UserError { code }
} }`;
const CANCEL = `mutation { cancelDeletion {
  __typename ... on User { deletion { scheduledFor } } ... on UserError { code }
} }`;
const VIEWER = '{ viewer { id deletion { requestedAt scheduledFor } } }';

let app: TestApp;
let client: AgentWorld;

beforeAll(async () => {
  app = await startTestApp();
  client = new AgentWorld(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function isSignedIn(token: string): Promise<boolean> {
  return (await client.graphql(VIEWER, {}, token)).errors.length === 0;
}

async function deleted(owner: Owner): Promise<void> {
  const { data } = await client.approved(owner, { query: DELETE });
  expect(data.deleteAccount.__typename).toBe('AccountDeletion');
}

/** A session that has just proved the second factor. */
async function back(owner: Owner): Promise<string> {
  return (await client.again(owner)).token;
}

async function idOf(owner: Owner): Promise<string> {
  const [row] = await query<{ user_id: string }>(
    app.databaseUrl,
    'select user_id from email_address where address = $1 and verified_at is not null',
    [owner.email],
  );
  return row?.user_id ?? '';
}

async function makeAdministrator(owner: Owner): Promise<void> {
  await query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [
    await idOf(owner),
  ]);
}

async function subjectsFor(owner: Owner): Promise<string[]> {
  return (await client.inbox()).filter(({ to }) => to === owner.email).map(({ subject }) => subject);
}

describe('deleteAccount', () => {
  test('schedules the deletion in 14 days, ends the session that asked for it, and tells its user', async () => {
    const owner = await client.owner();
    const before = app.clock.now().getTime();
    const { data } = await client.approved(owner, { query: DELETE });
    const { requestedAt, scheduledFor } = data.deleteAccount;
    expect(Date.parse(requestedAt)).toBeGreaterThanOrEqual(before);
    expect(Date.parse(scheduledFor) - Date.parse(requestedAt)).toBe(14 * DAY_SECONDS * 1000);
    expect(await isSignedIn(owner.token)).toBe(false);
    expect((await subjectsFor(owner))[0]).toBe('Your account will be deleted');
    const message = (await client.inbox()).find(({ to }) => to === owner.email);
    expect(message?.text).toContain('sign in before then and cancel the deletion');
  });

  test('tells every address that the user has proved, and none that they have not', async () => {
    const owner = await client.owner();
    const id = await idOf(owner);
    await query(
      app.databaseUrl,
      `insert into email_address (id, tenant_id, user_id, address, created_at, verified_at) values
       (gen_random_uuid(), 'default', $1, $2, now(), now()), (gen_random_uuid(), 'default', $1, $3, now(), null)`,
      [id, `second-${owner.email}`, `unproved-${owner.email}`],
    );
    await deleted(owner);
    const told = (await client.inbox())
      .filter(({ subject }) => subject === 'Your account will be deleted')
      .map(({ to }) => to);
    expect(told).toContain(`second-${owner.email}`);
    expect(told).not.toContain(`unproved-${owner.email}`);
  });

  test('is refused without a proof for exactly this operation', async () => {
    const owner = await client.owner();
    const { errors } = await client.graphql(DELETE, {}, owner.token);
    expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', remedy: 'STEP_UP' });
    const { errors: none } = await client.graphql(DELETE);
    expect(none[0]?.extensions.code).toBe('UNAUTHENTICATED');
    expect(await isSignedIn(owner.token)).toBe(true);
  });

  test('takes a first factor from a user who has no second one', async () => {
    const person = await client.signUp();
    const started = await client.startStepUp(
      { operation: { query: DELETE }, require: 'STRONGEST_ENROLLED' },
      person.accessToken,
    );
    const done = await client.attempt(started.id, { password: PASSWORD }, person.accessToken);
    const { data } = await client.graphql(DELETE, {}, done.session?.accessToken);
    expect(data.deleteAccount.__typename).toBe('AccountDeletion');
  });

  test('a proof cannot be replayed, nor used by another session of the user', async () => {
    const owner = await client.owner();
    const other = await client.again(owner);
    const started = await client.startStepUp({ operation: { query: DELETE } }, owner.token);
    const done = await client.attempt(started.id, { totp: client.code(owner) }, owner.token);
    const { errors } = await client.graphql(DELETE, {}, other.token);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
    const token = done.session?.accessToken;
    expect((await client.graphql(DELETE, {}, token)).data.deleteAccount.__typename).toBe('AccountDeletion');
    expect((await client.graphql(DELETE, {}, token)).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  });

  test('a document full of aliases with one proof schedules one deletion and sends one message', async () => {
    const owner = await client.owner();
    const aliases = Array.from({ length: 5 }, (_, at) => `m${at}: deleteAccount { __typename }`);
    const { data } = await client.approved(owner, { query: `mutation { ${aliases.join(' ')} }` });
    expect(new Set(Object.values(data as object).map((one) => one.__typename))).toEqual(
      new Set(['AccountDeletion']),
    );
    const subjects = await subjectsFor(owner);
    expect(subjects.filter((one) => one === 'Your account will be deleted')).toHaveLength(1);
  });

  test('of two parallel requests with a proof each, both get the same time', async () => {
    const owner = await client.owner();
    const second = await client.again(owner);
    const tokens: string[] = [];
    for (const each of [owner, second]) {
      const started = await client.startStepUp({ operation: { query: DELETE } }, each.token);
      const done = await client.attempt(started.id, { totp: client.code(owner) }, each.token);
      tokens.push(done.session?.accessToken ?? '');
    }
    const answers = await Promise.all(tokens.map((token) => client.graphql(DELETE, {}, token)));
    const times = answers
      .filter(({ errors }) => errors.length === 0)
      .map(({ data }) => data.deleteAccount.scheduledFor);
    expect(new Set(times).size).toBe(1);
    const subjects = await subjectsFor(owner);
    expect(subjects.filter((one) => one === 'Your account will be deleted')).toHaveLength(1);
  });

  test('a second one during the 14 days does not change the time', async () => {
    const owner = await client.owner();
    await deleted(owner);
    const [row] = await query<{ due: string }>(
      app.databaseUrl,
      'select deletion_due_at::text as due from user_account where id = $1',
      [await idOf(owner)],
    );
    app.clock.advance(3 * DAY_SECONDS);
    owner.token = await back(owner);
    await deleted(owner);
    const [after] = await query<{ due: string }>(
      app.databaseUrl,
      'select deletion_due_at::text as due from user_account where id = $1',
      [await idOf(owner)],
    );
    expect(after).toEqual(row);
    expect(await isSignedIn(owner.token)).toBe(false);
  });

  test('ends every session, refresh token and agent at once', async () => {
    const owner = await client.owner();
    const other = await client.again(owner);
    const agent = await client.create(owner);
    await deleted(owner);
    for (const token of [owner.token, other.token, agent.token]) expect(await isSignedIn(token)).toBe(false);
    const refresh = `mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename } }`;
    for (const t of [owner.refreshToken, other.refreshToken]) {
      const { data } = await client.graphql(refresh, { t });
      expect(data.refreshSession.__typename).toBe('RefreshTokenRejected');
    }
  });

  test('ends a sign-in that has proved the first factor', async () => {
    const owner = await client.owner();
    const started = await client.startSignIn({ identifier: owner.email });
    const half = await client.attempt(started.id, { password: owner.password });
    expect(half.status).toBe('NEEDS_SECOND_FACTOR');
    await deleted(owner);
    const done = await client.attempt(started.id, { totp: client.code(owner) });
    expect(done.session ?? null).toBeNull();
    expect(done.code ?? done.status).toMatch(/EXPIRED/);
  });

  test('leaves no session to a sign-in that completes at the same time, unless it began afterwards', async () => {
    for (let round = 0; round < 5; round += 1) {
      const owner = await client.owner();
      const step = await client.startStepUp({ operation: { query: DELETE } }, owner.token);
      const proved = await client.attempt(step.id, { totp: client.code(owner) }, owner.token);
      const started = await client.startSignIn({ identifier: owner.email });
      await client.attempt(started.id, { password: owner.password });
      const totp = client.code(owner);
      const [done] = await Promise.all([
        client.attempt(started.id, { totp }),
        client.graphql(DELETE, {}, proved.session?.accessToken),
      ]);
      if (done.session) expect(await isSignedIn(done.session.accessToken)).toBe(false);
    }
  });

  test('an agent cannot do it, nor ask for it to be cancelled', async () => {
    const owner = await client.owner();
    const agent = await client.create(owner);
    for (const operation of [DELETE, CANCEL]) {
      const { errors } = await client.graphql(operation, {}, agent.token);
      expect(errors[0]?.extensions.code).toBe('FORBIDDEN');
    }
    expect(await isSignedIn(owner.token)).toBe(true);
  });

  test('the last administrator of a tenant stays, also when two leave at the same time', async () => {
    await query(app.databaseUrl, `update user_account set roles = '[]'`);
    const alone = await client.owner();
    await makeAdministrator(alone);
    const { data } = await client.approved(alone, { query: DELETE });
    expect(data.deleteAccount).toEqual({ __typename: 'LastAdministrator', code: 'LAST_ADMINISTRATOR' });
    expect(await isSignedIn(alone.token)).toBe(true);

    const other = await client.owner();
    await makeAdministrator(other);
    const tokens: string[] = [];
    for (const each of [alone, other]) {
      const started = await client.startStepUp({ operation: { query: DELETE } }, each.token);
      const done = await client.attempt(started.id, { totp: client.code(each) }, each.token);
      tokens.push(done.session?.accessToken ?? '');
    }
    const answers = await Promise.all(tokens.map((token) => client.graphql(DELETE, {}, token)));
    const types = answers.map((one) => String(one.data.deleteAccount.__typename));
    expect(types.toSorted()).toEqual(['AccountDeletion', 'LastAdministrator']);
    await query(app.databaseUrl, `update user_account set roles = '[]'`);
  });

  test('an administrator of another tenant does not count', async () => {
    await query(app.databaseUrl, `insert into tenant (id, created_at) values ('elsewhere', now())`);
    const owner = await client.owner();
    await makeAdministrator(owner);
    await query(
      app.databaseUrl,
      `insert into user_account (id, tenant_id, roles, created_at, activated_at)
       values (gen_random_uuid(), 'elsewhere', '["ADMIN"]', now(), now())`,
    );
    const { data } = await client.approved(owner, { query: DELETE });
    expect(data.deleteAccount.__typename).toBe('LastAdministrator');
    await query(app.databaseUrl, `update user_account set roles = '[]'`);
  });
});

describe('while the deletion is scheduled', () => {
  test('a sign-in with the password alone gets no session, and a complete one shows the deletion and changes nothing', async () => {
    const owner = await client.owner();
    await deleted(owner);
    const started = await client.startSignIn({ identifier: owner.email });
    const half = await client.attempt(started.id, { password: owner.password });
    expect(half).toMatchObject({ status: 'NEEDS_SECOND_FACTOR', session: null });
    const token = await back(owner);
    const { data } = await client.graphql(VIEWER, {}, token);
    expect(Date.parse(data.viewer.deletion.scheduledFor)).toBeGreaterThan(app.clock.now().getTime());
    expect((await subjectsFor(owner))[0]).toBe('New sign-in to your account');
  });

  test('the address stays reserved: a sign-up with it gets no account', async () => {
    const owner = await client.owner();
    await deleted(owner);
    const started = await client.startSignUp({ email: owner.email, password: 'another long passphrase 1' });
    expect(started.status).toBe('NEEDS_PROOF');
    app.clock.advance(1);
    await client.prepare(started.id, 'EMAIL_CODE');
    const code = await client.codeFor(owner.email).catch(() => '000000');
    const done = await client.attempt(started.id, { emailCode: code });
    expect(done.session ?? null).toBeNull();
  });

  test('cancelDeletion keeps the account, asks for a fresh proof, and tells its user', async () => {
    const owner = await client.owner();
    await deleted(owner);
    owner.token = await back(owner);
    app.clock.advance(DAY_SECONDS / 48);
    const { accessToken: stale } = await refreshed(owner);
    const refused = await client.graphql(CANCEL, {}, stale);
    expect(refused.errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
    const { data } = await client.graphql(CANCEL, {}, await back(owner));
    expect(data.cancelDeletion).toEqual({ __typename: 'User', deletion: null });
    expect(await subjectsFor(owner)).toContain('Your account will not be deleted');
    const types = await query<{ type: string; actor_kind: string }>(
      app.databaseUrl,
      `select type, actor_kind from audit_event where user_id = $1 and type like 'user.deletion%' order by occurred_at`,
      [await idOf(owner)],
    );
    expect(types).toEqual([
      { type: 'user.deletion-scheduled', actor_kind: 'USER' },
      { type: 'user.deletion-cancelled', actor_kind: 'USER' },
    ]);
  });

  test('cancelDeletion without a scheduled deletion changes nothing and tells nobody', async () => {
    const owner = await client.owner();
    const { data } = await client.graphql(CANCEL, {}, owner.token);
    expect(data.cancelDeletion).toEqual({ __typename: 'User', deletion: null });
    expect(await subjectsFor(owner)).not.toContain('Your account will not be deleted');
  });

  async function refreshed(owner: Owner) {
    const [session] = [await client.again(owner)];
    app.clock.advance(DAY_SECONDS / 48);
    const { data } = await client.graphql(
      `mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }`,
      { t: session?.refreshToken },
    );
    return data.refreshSession as { accessToken: string };
  }
});

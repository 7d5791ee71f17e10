// What an administrator can do for a user: only in their own tenant, for every kind of factor, and recorded in the
// audit log.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient, type Tokens, tokensOf } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { whileHeld } from './held-rows.ts';

const NUMBER = '+14155552671';
const ACCOUNT = `{ viewer {
  id smsFactors backupCodesRemaining authenticators { factor } phoneNumbers { number secondFactor }
} }`;

let app: TestApp;
let client: TestClient;
/** The tokens of an administrator of the tenant `default`, and of one of `acme`. */
let admin: Member;
let foreignAdmin: Member;

interface Member extends Tokens {
  readonly id: string;
  readonly email: string;
  readonly tenant: string;
}

async function member(email: string, tenant: string): Promise<Member> {
  const { id } = await client.startSignUp({ email, password: PASSWORD, tenant });
  const tokens = tokensOf(await client.attempt(id, { emailCode: await client.codeFor(email) }));
  const { data } = await client.graphql('{ viewer { id } }', {}, tokens.accessToken);
  return { ...tokens, id: data.viewer.id, email, tenant };
}

async function administrator(email: string, tenant: string): Promise<Member> {
  const one = await member(email, tenant);
  await query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [one.id]);
  const { tokens } = await client.enrollTotp(one.accessToken);
  return { ...one, ...tokens };
}

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  await query(app.databaseUrl, "insert into tenant (id, created_at) values ('acme', now())");
  admin = await administrator('admin@example.com', 'default');
  foreignAdmin = await administrator('admin@acme.example', 'acme');
});
afterAll(() => app[Symbol.asyncDispose]());

async function administer(
  field: 'unlockUser' | 'removeSecondFactors',
  id: string,
  { accessToken }: Tokens,
): Promise<string> {
  const document = `mutation ($id: ID!) { ${field}(id: $id) { __typename } }`;
  const { data, errors } = await client.graphql(document, { id }, accessToken);
  return errors[0]?.extensions.code ?? data[field].__typename;
}

async function signIn({ email, tenant }: Member) {
  const { id } = await client.startSignIn({ identifier: email, tenant });
  return client.attempt(id, { password: PASSWORD });
}

describe('an administrator of another tenant', () => {
  test('cannot unlock a user, and gets the same answer as for an unknown id', async () => {
    const person = await member('locked@example.com', 'default');
    for (let workflow = 0; workflow < 2; workflow += 1) {
      const { id } = await client.startSignIn({ identifier: person.email });
      for (let attempt = 0; attempt < 5; attempt += 1) await client.attempt(id, { password: 'wrong' });
    }
    expect((await signIn(person)).code).toBe('LOCKED_OUT');
    expect(await administer('unlockUser', person.id, foreignAdmin)).toBe('NotFound');
    expect(await administer('unlockUser', crypto.randomUUID(), foreignAdmin)).toBe('NotFound');
    expect((await signIn(person)).code).toBe('LOCKED_OUT');
    expect(await administer('unlockUser', person.id, admin)).toBe('User');
    expect((await signIn(person)).status).toBe('COMPLETE');
  });

  test('cannot remove second factors, end sessions or cause messages', async () => {
    const person = await member('kept@example.com', 'default');
    const { tokens } = await client.enrollTotp(person.accessToken);
    const before = await client.graphql(ACCOUNT, {}, tokens.accessToken);
    const messages = (await client.inbox()).length;
    expect(await administer('removeSecondFactors', person.id, foreignAdmin)).toBe('NotFound');
    expect(await administer('removeSecondFactors', crypto.randomUUID(), foreignAdmin)).toBe('NotFound');
    expect((await client.graphql(ACCOUNT, {}, tokens.accessToken)).data).toEqual(before.data);
    expect(await client.inbox()).toHaveLength(messages);
    expect(
      await query(app.databaseUrl, 'select 1 from audit_event where user_id = $1 and actor_user_id = $2', [
        person.id,
        foreignAdmin.id,
      ]),
    ).toEqual([]);
  });
});

describe('removing the second factors of a user', () => {
  test('removes apps, phones and backup codes of that user only, who can then enroll again', async () => {
    const bystander = await member('bystander@example.com', 'default');
    const other = await client.enrollTotp(bystander.accessToken);
    const person = await member('lost@example.com', 'default');
    const { tokens } = await client.enrollTotp(person.accessToken);
    const phone = await client.enrollPhone(tokens.accessToken, NUMBER);
    await client.startEnrollment({ factor: 'TOTP' }, phone.tokens.accessToken); // never confirmed
    const had = await client.graphql(ACCOUNT, {}, phone.tokens.accessToken);
    expect(had.data.viewer).toMatchObject({
      backupCodesRemaining: 10,
      phoneNumbers: [{ number: NUMBER, secondFactor: true }],
    });

    expect(await administer('removeSecondFactors', person.id, admin)).toBe('User');
    const ended = await client.graphql(ACCOUNT, {}, phone.tokens.accessToken);
    expect(ended.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const refreshed = await client.graphql(
      'mutation ($token: String!) { refreshSession(input: { refreshToken: $token }) { __typename } }',
      { token: phone.tokens.refreshToken },
    );
    expect(refreshed.data.refreshSession.__typename).toBe('RefreshTokenRejected');
    const [rows] = await query<{ secrets: string; codes: string }>(
      app.databaseUrl,
      `select (select count(*) from authenticator where user_id = $1 and factor <> 'PASSWORD') as secrets,
              (select count(*) from backup_code where user_id = $1) as codes`,
      [person.id],
    );
    expect(rows).toEqual({ secrets: '0', codes: '0' });

    const done = await signIn(person);
    expect(done.status).toBe('COMPLETE');
    const fresh = tokensOf(done);
    const left = await client.graphql(ACCOUNT, {}, fresh.accessToken);
    expect(left.data.viewer).toEqual({
      id: person.id,
      smsFactors: true,
      backupCodesRemaining: 0,
      authenticators: [{ factor: 'PASSWORD' }],
      phoneNumbers: [{ number: NUMBER, secondFactor: false }],
    });
    const again = await client.enrollTotp(fresh.accessToken);
    expect(again.backupCodes).toHaveLength(10);
    app.clock.advance(30);
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await client.attempt(id, { password: PASSWORD })).status).toBe('NEEDS_SECOND_FACTOR');
    expect((await client.attempt(id, { totp: client.totp(again.secret) })).status).toBe('COMPLETE');

    const untouched = await client.graphql(ACCOUNT, {}, other.tokens.accessToken);
    expect(untouched.data.viewer).toMatchObject({ backupCodesRemaining: 10 });
    expect(untouched.data.viewer.authenticators).toContainEqual({ factor: 'TOTP' });
  });

  test('leaves no backup codes when the user makes new ones at the same moment', async () => {
    const person = await member('renewing@example.com', 'default');
    const { accessToken } = (await client.enrollTotp(person.accessToken)).tokens;
    const codes = 'select 1 from backup_code where user_id = $1';
    await whileHeld(app.databaseUrl, codes, [person.id], 2, () =>
      Promise.all([
        administer('removeSecondFactors', person.id, admin),
        client.graphql('mutation { regenerateBackupCodes { codes } }', {}, accessToken),
      ]),
    );
    expect(await query(app.databaseUrl, codes, [person.id])).toEqual([]);
  });

  test('whose last one is a phone lets the user sign in with the password alone', async () => {
    const person = await member('phone-only@example.com', 'default');
    const { tokens } = await client.enrollPhone(person.accessToken, '+14155552672');
    expect(tokens.accessToken).toBeTruthy();
    expect((await signIn(person)).status).toBe('NEEDS_SECOND_FACTOR');
    expect(await administer('removeSecondFactors', person.id, admin)).toBe('User');
    expect((await signIn(person)).status).toBe('COMPLETE');
  });
});

describe('the audit log of an administrator’s action', () => {
  const OWN = '{ viewer { auditEvents { type actor ip userAgent } } }';
  const BROWSER = { 'user-agent': 'Administrator/1.0' };

  test('names the administrator, and shows the user the action without the administrator’s address', async () => {
    const person = await member('helped@example.com', 'default');
    await client.graphql(
      'mutation ($id: ID!) { unlockUser(id: $id) { __typename } }',
      { id: person.id },
      admin.accessToken,
      BROWSER,
    );
    const [row] = await query(
      app.databaseUrl,
      "select actor_kind, actor_user_id, ip, user_agent from audit_event where user_id = $1 and type = 'user.unlocked'",
      [person.id],
    );
    expect(row).toEqual({
      actor_kind: 'ADMINISTRATOR',
      actor_user_id: admin.id,
      ip: '127.0.0.1',
      user_agent: 'Administrator/1.0',
    });

    const { tokens } = await client.enrollTotp(person.accessToken);
    const { data } = await client.graphql(OWN, {}, tokens.accessToken);
    const events: { type: string; actor: string; ip: string | null }[] = data.viewer.auditEvents;
    expect(events.find((one) => one.type === 'user.unlocked')).toEqual({
      type: 'user.unlocked',
      actor: 'ADMINISTRATOR',
      ip: null,
      userAgent: null,
    });
    expect(events.find((one) => one.type === 'enrollment.complete')).toMatchObject({
      actor: 'USER',
      ip: '127.0.0.1',
    });
    expect(events.find((one) => one.type === 'sign-up.proof-accepted')).toMatchObject({
      actor: 'ANONYMOUS',
      ip: '127.0.0.1',
    });
  });

  test('hides the administrator’s address in old events without a recorded actor', async () => {
    const person = await member('before@example.com', 'default');
    await query(
      app.databaseUrl,
      `insert into audit_event (id, occurred_at, type, tenant_id, user_id, ip, user_agent)
       select gen_random_uuid(), now(), type, 'default', $1, '198.51.100.7', 'old'
       from unnest(array['second-factors.removed', 'password.changed']) as type`,
      [person.id],
    );
    const { tokens } = await client.enrollTotp(person.accessToken);
    const { data } = await client.graphql(OWN, {}, tokens.accessToken);
    const events: { type: string; actor: string | null; ip: string | null }[] = data.viewer.auditEvents;
    expect(
      events.filter((one) => one.actor === null).toSorted((a, b) => a.type.localeCompare(b.type)),
    ).toEqual([
      { type: 'password.changed', actor: null, ip: '198.51.100.7', userAgent: 'old' },
      { type: 'second-factors.removed', actor: null, ip: null, userAgent: null },
    ]);
  });
});

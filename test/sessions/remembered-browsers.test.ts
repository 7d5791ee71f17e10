// Remembered browsers: they shorten a sign-in where the tenant allows it, and nothing else.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf } from './operations.ts';

const DAYS = 30;
const DAY = 86_400;
const ATTEMPT = `mutation ($input: AttemptFactorInput!) {
  attemptFactor(input: $input) {
    __typename ... on UserError { code }
    ... on SignIn { id status session { accessToken refreshToken deviceToken session { id } } }
  }
}`;
const BROWSERS =
  '{ viewer { rememberedBrowsers { id isCurrent userAgent rememberedAt expiresAt lastSeenAt } } }';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());
beforeEach(() => policy(DAYS));

const policy = (days: number, tenant = 'default'): Promise<unknown> =>
  query(app.databaseUrl, 'update tenant set remember_days = $1 where id = $2', [days, tenant]);

interface Claims {
  readonly acr: string;
  readonly amr: readonly string[];
  readonly mfa: { readonly c: object; readonly v: boolean };
}

interface User {
  readonly person: Person;
  readonly secret: string;
  /** A device on which the user has proved the second factor, and asked for it to be remembered. */
  readonly device: string;
  /** Of the session on that device. */
  readonly accessToken: string;
  readonly sessionId: string;
}

async function attempt(id: string, proof: object, rememberBrowser?: boolean, device?: string): Promise<Step> {
  const input = { workflowId: id, proof, ...(rememberBrowser === undefined ? {} : { rememberBrowser }) };
  const headers: Record<string, string> = device === undefined ? {} : { 'x-stepgate-device': device };
  const { data, errors } = await client.graphql(ATTEMPT, { input }, undefined, headers);
  expect(errors).toEqual([]);
  return data.attemptFactor;
}

/** Signs in with the password on a device, and returns what comes next. */
async function begin(email: string, device?: string, password = PASSWORD): Promise<Step> {
  const { id } = await client.startSignIn({ identifier: email }, device);
  return attempt(id, { password }, undefined, device);
}

/** Whether a sign-in with the password takes a second step on this device. */
async function asks(email: string, device?: string, password = PASSWORD): Promise<boolean> {
  const { status } = await begin(email, device, password);
  expect(['COMPLETE', 'NEEDS_SECOND_FACTOR']).toContain(status);
  return status === 'NEEDS_SECOND_FACTOR';
}

async function signIn(
  person: Person,
  secret: string,
  remember?: boolean,
  device?: string,
): Promise<NonNullable<Step['session']>> {
  const { id } = await begin(person.email, device);
  app.clock.advance(30);
  const { session } = await attempt(id, { totp: client.totp(secret) }, remember, device);
  if (session === null) throw new Error('The sign-in stopped.');
  return session;
}

async function remembered(): Promise<User> {
  const person = await client.signUp();
  const { secret } = await client.enrollTotp(person.accessToken);
  const session = await signIn(person, secret, true);
  const { deviceToken, accessToken } = session;
  return { person, secret, device: deviceToken, accessToken, sessionId: session.session.id };
}

async function browsersOf(token: string, device?: string): Promise<{ id: string; isCurrent: boolean }[]> {
  const headers: Record<string, string> = device === undefined ? {} : { 'x-stepgate-device': device };
  const { data, errors } = await client.graphql(BROWSERS, {}, token, headers);
  expect(errors).toEqual([]);
  return data.viewer.rememberedBrowsers;
}

describe('a remembered browser', () => {
  test('takes no second step for the days of the policy, counted from the second factor, and not a second longer', async () => {
    const { person, device } = await remembered();
    app.clock.advance(DAYS * DAY - 60);
    expect(await asks(person.email, device)).toBe(false);
    // The sign-in just now has not made it last longer.
    app.clock.advance(61);
    expect(await asks(person.email, device)).toBe(true);
  });

  test('opens a session that is AAL1, has no evidence of a second factor, and meets no @stepUp', async () => {
    const { person, device } = await remembered();
    const { session } = await begin(person.email, device);
    const token = session?.accessToken ?? '';
    const { acr, amr, mfa } = claimsOf(token) as Partial<Claims>;
    expect([acr, amr, Object.keys(mfa?.c ?? {}), mfa?.v]).toEqual([
      'aal1',
      ['pwd'],
      ['emailpassword'],
      false,
    ]);
    const { errors } = await client.graphql('mutation { regenerateBackupCodes { codes } }', {}, token);
    expect(errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', acrValues: ['aal2'] });
    const weaker = await client.graphql('mutation { revokeOtherSessions { count } }', {}, token);
    expect(weaker.errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('is remembered only if the person asks for it, in the attempt that proves the second factor', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    const { deviceToken } = await signIn(person, secret);
    expect(await asks(person.email, deviceToken)).toBe(true);
    const { id } = await client.startSignIn({ identifier: person.email }, deviceToken);
    await attempt(id, { password: PASSWORD }, true); // the first step
    app.clock.advance(30);
    await attempt(id, { totp: client.totp(secret) });
    expect(await asks(person.email, deviceToken)).toBe(true);
    await signIn(person, secret, true, deviceToken);
    expect(await asks(person.email, deviceToken)).toBe(false);
  });

  test('asks for nothing new of a user without a second factor, and is not remembered by one', async () => {
    const person = await client.signUp();
    const { id } = await client.startSignIn({ identifier: person.email });
    const { session } = await attempt(id, { password: PASSWORD }, true);
    const { secret } = await client.enrollTotp(session?.accessToken ?? '');
    expect(secret).not.toBe('');
    expect(await asks(person.email, session?.deviceToken)).toBe(true);
  });

  test('is off by default, and fewer days or none end what was remembered before', async () => {
    const { person, device, accessToken } = await remembered();
    app.clock.advance(2 * DAY);
    await policy(1);
    expect(await asks(person.email, device)).toBe(true);
    await policy(3);
    expect(await asks(person.email, device)).toBe(false);
    await policy(0);
    expect(await asks(person.email, device)).toBe(true);
    const { data } = await client.graphql('{ settings { rememberedBrowserDays } }');
    expect(data.settings.rememberedBrowserDays).toBe(0);
    const [fresh] = await query<{ days: number }>(
      app.databaseUrl,
      `insert into tenant (id, created_at) values ('fresh', now()) returning remember_days as days`,
    );
    expect(fresh?.days).toBe(0);
    expect(accessToken).toBeDefined();
  });

  test('never replaces the second factor of an administrator', async () => {
    const { person, device } = await remembered();
    await query(
      app.databaseUrl,
      `update user_account set roles = '["ADMIN"]' where id = (select user_id from email_address where address = $1)`,
      [person.email],
    );
    expect(await asks(person.email, device)).toBe(true);
  });

  test('does not shorten a password reset', async () => {
    const { person, device } = await remembered();
    const { data } = await client.graphql(
      'mutation ($i: StartPasswordResetInput!) { startPasswordReset(input: $i) { ... on PasswordReset { id } } }',
      { i: { identifier: person.email } },
      undefined,
      { 'x-stepgate-device': device },
    );
    const { id } = data.startPasswordReset;
    await client.prepare(id, 'EMAIL_CODE');
    const step = await client.attempt(
      id,
      { emailCode: await client.codeFor(person.email) },
      undefined,
      device,
    );
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('is in the audit log when it is remembered, used and forgotten', async () => {
    const { person, secret, device } = await remembered();
    await begin(person.email, device);
    const { accessToken } = await signIn(person, secret);
    const [browser] = await browsersOf(accessToken);
    await client.graphql(
      'mutation ($id: ID!) { forgetBrowser(id: $id) { __typename } }',
      { id: browser?.id },
      accessToken,
    );
    const rows = await query<{ type: string }>(
      app.databaseUrl,
      `select type from audit_event where type like '%browser%' and user_id =
        (select user_id from email_address where address = $1) order by type`,
      [person.email],
    );
    expect(rows.map(({ type }) => type)).toEqual([
      'browser.forgotten',
      'browser.remembered',
      'sign-in.on-remembered-browser',
    ]);
  });
});

describe('a remembered browser ends', () => {
  test('when its user forgets it, from any session, and nobody else can', async () => {
    const { person, secret, device, accessToken } = await remembered();
    const [browser] = await browsersOf(accessToken, device);
    expect(browser).toMatchObject({ isCurrent: true });
    expect((await browsersOf(accessToken))[0]?.isCurrent).toBe(false);
    const forget = (token: string) =>
      client.graphql(
        'mutation ($id: ID!) { forgetBrowser(id: $id) { __typename } }',
        { id: browser?.id },
        token,
      );
    const stranger = await client.signUp();
    expect((await forget(stranger.accessToken)).data.forgetBrowser.__typename).toBe('NotFound');
    expect(
      (await client.graphql('mutation { forgetBrowser(id: "x") { __typename } }')).errors[0]?.extensions.code,
    ).toBe('UNAUTHENTICATED');
    expect(await asks(person.email, device)).toBe(false);
    const elsewhere = await signIn(person, secret);
    expect((await forget(elsewhere.accessToken)).data.forgetBrowser.__typename).toBe('User');
    expect((await forget(elsewhere.accessToken)).data.forgetBrowser.__typename).toBe('NotFound');
    expect(await asks(person.email, device)).toBe(true);
    expect(await browsersOf(elsewhere.accessToken)).toEqual([]);
  });

  test.each([false, true])(
    'with a new password (signing out other sessions: %s)',
    async (signOutOtherSessions) => {
      const { person, device, accessToken } = await remembered();
      const password = 'another horse battery staple';
      const { errors } = await client.graphql(
        'mutation ($i: ChangePasswordInput!) { changePassword(input: $i) { __typename } }',
        { i: { newPassword: password, signOutOtherSessions } },
        accessToken,
      );
      expect(errors).toEqual([]);
      expect(await asks(person.email, device, password)).toBe(true);
    },
  );

  test('with a new password that an older node has set, which forgets nothing', async () => {
    const { person, device } = await remembered();
    app.clock.advance(60);
    await query(
      app.databaseUrl,
      `update authenticator set created_at = $2 where factor = 'PASSWORD' and user_id =
        (select user_id from email_address where address = $1)`,
      [person.email, app.clock.now()],
    );
    expect(await asks(person.email, device)).toBe(true);
  });

  test('with a removed second factor, even if another one is left', async () => {
    const { person, secret, device, accessToken } = await remembered();
    await client.enrollTotp(accessToken);
    app.clock.advance(30);
    const session = await signIn(person, secret);
    const { data } = await client.graphql(
      '{ viewer { authenticators { id factor } } }',
      {},
      session.accessToken,
    );
    const [, , last] = data.viewer.authenticators;
    await client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id: last.id },
      session.accessToken,
    );
    expect(await asks(person.email, device)).toBe(true);
  });

  test('when its session is revoked from elsewhere, and not when its user signs out on it', async () => {
    const { person, secret, device, accessToken } = await remembered();
    await client.graphql('mutation { signOut { id } }', {}, accessToken);
    expect(await asks(person.email, device)).toBe(false);
    const later = await begin(person.email, device);
    const elsewhere = await signIn(person, secret);
    const { errors } = await client.graphql(
      'mutation ($id: ID!) { revokeSession(id: $id) { __typename } }',
      { id: later.session?.session.id },
      elsewhere.accessToken,
    );
    expect(errors).toEqual([]);
    expect(await asks(person.email, device)).toBe(true);
  });

  test('when all other sessions are revoked', async () => {
    const { person, secret, device } = await remembered();
    const elsewhere = await signIn(person, secret);
    await client.graphql('mutation { revokeOtherSessions { count } }', {}, elsewhere.accessToken);
    expect(await asks(person.email, device)).toBe(true);
  });

  test('when a refresh token of its session is used twice', async () => {
    const { person, secret } = await remembered();
    const session = await signIn(person, secret, true);
    const refresh = (token: string) =>
      client.graphql(
        'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename ... on SessionGrant { refreshToken } } }',
        { t: token },
      );
    const { data } = await refresh(session.refreshToken);
    await refresh(data.refreshSession.refreshToken);
    app.clock.advance(60);
    expect((await refresh(session.refreshToken)).data.refreshSession.__typename).toBe('RefreshTokenRejected');
    expect(await asks(person.email, session.deviceToken)).toBe(true);
  });

  test('for a sign-in that began while it was remembered, at its next proof', async () => {
    const { person, secret, device } = await remembered();
    const { id } = await client.startSignIn({ identifier: person.email }, device);
    const elsewhere = await signIn(person, secret);
    const [browser] = await browsersOf(elsewhere.accessToken);
    await client.graphql(
      'mutation ($id: ID!) { forgetBrowser(id: $id) { __typename } }',
      { id: browser?.id },
      elsewhere.accessToken,
    );
    expect((await attempt(id, { password: PASSWORD }, undefined, device)).status).toBe('NEEDS_SECOND_FACTOR');
  });
});

describe('a stolen or forged device token', () => {
  test('is worth nothing without the password', async () => {
    const { person, device } = await remembered();
    const { id } = await client.startSignIn({ identifier: person.email }, device);
    for (const proof of [{ password: 'wrong' }, { totp: '000000' }, { emailCode: '000000' }])
      expect((await attempt(id, proof, true, device)).status).toBeUndefined();
    expect((await client.startSignIn({ identifier: person.email }, device)).status).toBe(
      'NEEDS_FIRST_FACTOR',
    );
  });

  test('is worth nothing for another user of the same tenant, or of another one', async () => {
    const { device, person } = await remembered();
    const other = await client.signUp();
    await client.enrollTotp(other.accessToken);
    expect(await asks(other.email, device)).toBe(true);
    await query(
      app.databaseUrl,
      `insert into tenant (id, created_at, remember_days) values ('acme', now(), 30) on conflict do nothing`,
    );
    const started = await client.startSignUp({ email: person.email, password: PASSWORD, tenant: 'acme' });
    const done = await client.attempt(started.id, { emailCode: await client.codeFor(person.email) });
    await client.enrollTotp(done.session?.accessToken ?? '');
    const { id } = await client.startSignIn({ identifier: person.email, tenant: 'acme' }, device);
    expect((await attempt(id, { password: PASSWORD }, undefined, device)).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test.each([
    ['made up', 'x'.repeat(43)],
    ['empty', ''],
    ['too long', 'x'.repeat(300)],
    ['the stored digest instead of the token', 'digest'],
  ])('that is %s changes nothing', async (_what, forged) => {
    const { person } = await remembered();
    const [row] = await query<{ token_digest: string }>(
      app.databaseUrl,
      `select token_digest from known_device where remembered_at is not null order by created_at desc limit 1`,
    );
    expect(await asks(person.email, forged === 'digest' ? row?.token_digest : forged)).toBe(true);
  });

  test('sent only after the first step, to a workflow of another device, changes nothing', async () => {
    const { person, device } = await remembered();
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await attempt(id, { password: PASSWORD }, undefined, device)).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('does not stand for a second step after a phone, which is no knowledge', async () => {
    const { person, device, accessToken } = await remembered();
    await client.enrollPhone(accessToken, '+12025550177');
    await query(app.databaseUrl, `update tenant set sms = 'ANY_FACTOR' where id = 'default'`);
    const { id } = await client.startSignIn({ identifier: '+12025550177' }, device);
    await client.prepare(id, 'PHONE_CODE');
    const step = await attempt(id, { phoneCode: await client.codeFor('+12025550177') }, undefined, device);
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    await query(app.databaseUrl, `update tenant set sms = 'SECOND_FACTOR' where id = 'default'`);
    expect(person).toBeDefined();
  });
});

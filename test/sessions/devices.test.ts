// Known devices: what a device token does, that it grants no access, and the notices that users get.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const NEWS = 'New sign-in to your account';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function signIn(person: { email: string }, device?: string): Promise<Step> {
  const { id } = await client.startSignIn({ identifier: person.email }, device);
  return client.attempt(id, { password: PASSWORD }, undefined, device);
}

async function newsFor({ email }: Person): Promise<number> {
  return (await client.inbox()).filter((one) => one.to === email && one.subject === NEWS).length;
}

test('a sign-up makes its device known and sends no notice', async () => {
  const email = 'devices@example.com';
  const started = await client.startSignUp({ email, password: PASSWORD });
  const done = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
  const device = done.session?.deviceToken ?? '';
  expect(device).toMatch(/^[\w-]{43}$/);
  const person = { email, password: PASSWORD, accessToken: '', refreshToken: '' };
  expect(await newsFor(person)).toBe(0);
  await signIn(person, device);
  expect(await newsFor(person)).toBe(0);
});

test('a sign-in on an unknown device notifies the user of browser, address, time, and what to do', async () => {
  const person = await client.signUp();
  const headers = {
    'user-agent': 'Mozilla/5.0 (Windows NT 10.0; Win64; x64; rv:145.0) Gecko/20100101 Firefox/145.0',
  };
  const started = await client.startSignIn({ identifier: person.email });
  await client.graphql(
    'mutation ($i: AttemptFactorInput!) { attemptFactor(input: $i) { __typename } }',
    { i: { workflowId: started.id, proof: { password: PASSWORD } } },
    undefined,
    headers,
  );
  const notice = (await client.inbox()).find((one) => one.to === person.email);
  expect(notice?.subject).toBe(NEWS);
  expect(notice?.text).toContain('Firefox on Windows');
  expect(notice?.text).toContain('127.0.0.1');
  expect(notice?.text).toMatch(/UTC/);
  expect(notice?.text).toMatch(/not you/);
});

test('the device token of a sign-in suppresses the notice of the next one', async () => {
  const person = await client.signUp();
  const first = await signIn(person);
  expect(await newsFor(person)).toBe(1);
  const device = first.session?.deviceToken ?? '';
  const second = await signIn(person, device);
  expect(second.session?.deviceToken).toBe(device);
  expect(await newsFor(person)).toBe(1);
});

test('a known device is seen again at each sign-in on it, and is one device', async () => {
  const person = await client.signUp();
  const device = (await signIn(person)).session?.deviceToken ?? '';
  const seen = () =>
    query<{ created_at: Date; last_seen_at: Date }>(
      app.databaseUrl,
      'select created_at, last_seen_at from known_device where token_digest = $1',
      [createHash('sha256').update(device).digest('base64url')],
    );
  const [first] = await seen();
  app.clock.advance(3600);
  await signIn(person, device);
  const rows = await seen();
  expect(rows).toHaveLength(1);
  expect(rows[0]?.created_at).toEqual(first?.created_at);
  expect(Number(rows[0]?.last_seen_at) - Number(first?.last_seen_at)).toBeGreaterThanOrEqual(3_600_000);
});

test('a client that sends its device token only at the start keeps it', async () => {
  const person = await client.signUp();
  const device = (await signIn(person)).session?.deviceToken ?? '';
  const { id } = await client.startSignIn({ identifier: person.email }, device);
  const done = await client.attempt(id, { password: PASSWORD });
  expect(done.status).toBe('COMPLETE');
  expect(done.session?.deviceToken).toBeNull();
  expect(await newsFor(person)).toBe(1);
});

test('a shared device is known for each user only after that user has signed in', async () => {
  const [one, other] = [await client.signUp(), await client.signUp()];
  const device = (await signIn(one)).session?.deviceToken;
  expect(await newsFor(other)).toBe(0);
  await signIn(other, device);
  expect(await newsFor(other)).toBe(1);
  await signIn(other, device);
  await signIn(one, device);
  expect(await newsFor(other)).toBe(1);
  expect(await newsFor(one)).toBe(1);
});

test('a device token is stored as a digest and grants no access', async () => {
  const person = await client.signUp();
  const device = (await signIn(person)).session?.deviceToken ?? '';
  const rows = await query<{ token_digest: string }>(
    app.databaseUrl,
    'select d.token_digest from known_device d join email_address e using (user_id) where e.address = $1',
    [person.email],
  );
  expect(rows.map((row) => row.token_digest)).toContain(
    createHash('sha256').update(device).digest('base64url'),
  );
  expect(JSON.stringify(rows)).not.toContain(device);
  const { errors } = await client.graphql('{ viewer { id } }', {}, device);
  expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  const { data } = await client.graphql(
    'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename } }',
    { t: device },
  );
  expect(data.refreshSession.__typename).toBe('RefreshTokenRejected');
});

test.each([
  ['made up', 'x'.repeat(43)],
  ['too long', 'x'.repeat(5000)],
  ['malformed', 'a token'],
])('a device token that is %s is replaced', async (_what, device) => {
  const person = await client.signUp();
  const done = await signIn(person, device);
  expect(done.status).toBe('COMPLETE');
  expect(done.session?.deviceToken).toMatch(/^[\w-]{43}$/);
  expect(await newsFor(person)).toBe(1);
});

describe('an enrollment and a step-up', () => {
  test('are refused without a session', async () => {
    for (const [field, input] of [
      ['startEnrollment', '{ factor: TOTP }'],
      ['startEnrollment', '{ factor: PHONE_CODE, phoneNumber: "+14155552671" }'],
      ['startStepUp', '{}'],
    ] as const) {
      const { errors, status } = await client.graphql(
        `mutation { ${field}(input: ${input}) { __typename } }`,
      );
      expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
      expect(status).toBe(401);
    }
  });

  test('return no device token, because the device is known since its sign-in', async () => {
    const person = await client.signUp();
    const started = await client.startEnrollment({ factor: 'TOTP' }, person.accessToken);
    const done = await client.attempt(
      started.id,
      { totp: client.totp(started.totp?.secret ?? '') },
      person.accessToken,
    );
    expect(done.session?.deviceToken).toBeNull();
  });
});

test('with cookies the device token is a cookie for 400 days and not in the payload', async () => {
  const person = await client.signUp();
  const cookieMode = { 'x-stepgate-session': 'cookie' };
  const { id } = await client.startSignIn({ identifier: person.email });
  const attempt =
    'mutation ($i: AttemptFactorInput!) { attemptFactor(input: $i) { ... on SignIn { session { deviceToken } } } }';
  const answer = await client.graphql(
    attempt,
    { i: { workflowId: id, proof: { password: PASSWORD } } },
    undefined,
    cookieMode,
  );
  expect(answer.data.attemptFactor.session.deviceToken).toBeNull();
  const cookie = answer.headers.getSetCookie().find((one) => one.startsWith('__Host-stepgate-device='));
  expect(cookie).toMatch(/Max-Age=34560000.*HttpOnly.*Secure.*SameSite=Lax/i);
  const value = cookie?.split(';')[0] ?? '';
  const again = await client.graphql(
    'mutation ($i: StartSignInInput!) { startSignIn(input: $i) { ... on SignIn { id } } }',
    { i: { identifier: person.email } },
    undefined,
    { ...cookieMode, cookie: value },
  );
  await client.graphql(
    attempt,
    { i: { workflowId: again.data.startSignIn.id, proof: { password: PASSWORD } } },
    undefined,
    { ...cookieMode, cookie: value },
  );
  expect(await newsFor(person)).toBe(1);
});

test('a user is notified when two, one and no backup codes are left', async () => {
  const person = await client.signUp();
  const { backupCodes } = await client.enrollTotp(person.accessToken);
  for (const backupCode of backupCodes) {
    const { id } = await client.startSignIn({ identifier: person.email });
    await client.attempt(id, { password: PASSWORD });
    expect((await client.attempt(id, { backupCode })).status).toBe('COMPLETE');
  }
  const low = (await client.inbox())
    .filter((one) => one.to === person.email && /backup code/i.test(one.subject))
    .map((one) => one.subject);
  expect(low).toHaveLength(3);
});

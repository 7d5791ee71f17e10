// Devices that are known: what their token is good for, and what it opens to somebody else, which is nothing. And what
// users are told of.
import { createHash } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const NEWS = 'A new sign-in to your account';

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

test('a sign-up makes its device known, and is no news', async () => {
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

test('a sign-in on a device that is not known is told to its user: browser, address, time, and what to do', async () => {
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

test('the token that a sign-in gives makes the next one on this device no news', async () => {
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

test('a client that says its token only at the start keeps it: it is not given another that nobody knows', async () => {
  const person = await client.signUp();
  const device = (await signIn(person)).session?.deviceToken ?? '';
  const { id } = await client.startSignIn({ identifier: person.email }, device);
  const done = await client.attempt(id, { password: PASSWORD });
  expect(done.status).toBe('COMPLETE');
  expect(done.session?.deviceToken).toBeNull();
  expect(await newsFor(person)).toBe(1);
});

test('two users share a device: each is known on it after they have signed in there, and not before', async () => {
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

test('what is stored is a digest, and the token opens nothing', async () => {
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
  ['of a wrong form', 'a token'],
])('a token that is %s does no harm: another is given', async (_what, device) => {
  const person = await client.signUp();
  const done = await signIn(person, device);
  expect(done.status).toBe('COMPLETE');
  expect(done.session?.deviceToken).toMatch(/^[\w-]{43}$/);
  expect(await newsFor(person)).toBe(1);
});

describe('an enrollment and a step-up', () => {
  test('without a session are refused, as every further factor is', async () => {
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

  test('give no device token: the device is known since its sign-in', async () => {
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

test('with cookies the token is one of them, kept for 400 days and out of the payload', async () => {
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

test('the last backup codes are counted out loud: a notice when two, one and none are left', async () => {
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

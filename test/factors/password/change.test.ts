// A signed-in user changes their password: it needs their strongest factor, and ends everything started with the old
// one.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';

const NEW_PASSWORD = 'quite another battery staple';
const NEW_SIGN_IN = 'New sign-in to your account';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Answer {
  readonly type?: string;
  readonly code?: string;
  readonly refused?: string;
}

async function change(token: string | undefined, input: object): Promise<Answer> {
  const { data, errors } = await client.graphql(
    'mutation ($input: ChangePasswordInput!) { changePassword(input: $input) { __typename ... on UserError { code } } }',
    { input },
    token,
  );
  const refused = errors[0]?.extensions.code;
  if (refused !== undefined) return { refused };
  const { __typename: type, code } = data.changePassword;
  return { type, ...(code === undefined ? {} : { code }) };
}

async function accepts({ email }: Person, password: string): Promise<boolean> {
  const { id } = await client.startSignIn({ identifier: email });
  return (await client.attempt(id, { password })).code === undefined;
}

const isSignedIn = async (token: string): Promise<boolean> =>
  (await client.graphql('{ viewer { id } }', {}, token)).errors.length === 0;

describe('changing a password requires', () => {
  test('a signed-in user', async () => {
    expect(await change(undefined, { newPassword: NEW_PASSWORD })).toEqual({ refused: 'UNAUTHENTICATED' });
  });

  test('a fresh first factor of a user without a second one, so that a stolen session is not enough', async () => {
    const person = await client.signUp();
    expect(await change(person.accessToken, { newPassword: NEW_PASSWORD })).toEqual({ type: 'User' });
    app.clock.advance(601);
    const { data } = await client.graphql(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }',
      { t: person.refreshToken },
    );
    const stolen: string = data.refreshSession.accessToken;
    expect(await change(stolen, { newPassword: 'the thief’s own password' })).toEqual({
      refused: 'STEP_UP_REQUIRED',
    });
    expect(await accepts(person, NEW_PASSWORD)).toBe(true);
  });

  test('the second factor of a user who has one, and not only the password', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollTotp(person.accessToken);
    const other = await client.startSignIn({ identifier: person.email });
    const half = await client.attempt(other.id, { password: PASSWORD });
    expect(half.session).toBeNull();
    app.clock.advance(601);
    const { data } = await client.graphql(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }',
      { t: tokens.refreshToken },
    );
    const stale: string = data.refreshSession.accessToken;
    expect(await change(stale, { newPassword: NEW_PASSWORD })).toEqual({ refused: 'STEP_UP_REQUIRED' });
    const stepUp = await client.startStepUp({ require: 'STRONGEST_ENROLLED' }, stale);
    expect(stepUp.factors.map((one) => one.factor)).toEqual(['TOTP', 'BACKUP_CODE']);
  });
});

test('a changed password replaces the old one at once, meets the policy, and the user is notified', async () => {
  const person = await client.signUp();
  expect(await change(person.accessToken, { newPassword: 'short' })).toEqual({
    type: 'PasswordRejected',
    code: 'PASSWORD_REJECTED',
  });
  expect(await accepts(person, PASSWORD)).toBe(true);
  await change(person.accessToken, { newPassword: NEW_PASSWORD });
  expect(await accepts(person, PASSWORD)).toBe(false);
  expect(await accepts(person, NEW_PASSWORD)).toBe(true);
  const notices = (await client.inbox()).filter((one) => one.to === person.email);
  expect(notices.map((one) => one.subject)).toContain('Your password was changed');
  expect(JSON.stringify(notices)).not.toContain(NEW_PASSWORD);
});

test('a user without an email address can change the password too', async () => {
  const person = await client.signUp();
  await query(app.databaseUrl, 'delete from email_address where address = $1', [person.email]);
  expect(await change(person.accessToken, { newPassword: NEW_PASSWORD })).toEqual({ type: 'User' });
});

test.each([
  ['forgets the devices that are known, one of which may be a thief’s', {}, true],
  [
    'goes on knowing the devices when its user keeps the other sessions',
    { signOutOtherSessions: false },
    false,
  ],
])('it %s', async (_what, options, isNew) => {
  const person = await client.signUp();
  const signInFrom = async (password: string, device?: string): Promise<string> => {
    const { id } = await client.startSignIn({ identifier: person.email }, device);
    const { session } = await client.attempt(id, { password }, undefined, device);
    return session?.deviceToken ?? '';
  };
  const device = await signInFrom(PASSWORD);
  await change(person.accessToken, { newPassword: NEW_PASSWORD, ...options });
  const told = async (): Promise<number> =>
    (await client.inbox()).filter(({ to, subject }) => to === person.email && subject === NEW_SIGN_IN).length;
  const before = await told();
  await signInFrom(NEW_PASSWORD, device);
  expect(await told()).toBe(before + (isNew ? 1 : 0));
});

test.each([
  ['ends the other sessions, but not the current one', {}, false],
  ['keeps the other sessions if the user chooses to', { signOutOtherSessions: false }, true],
])('a changed password %s', async (_what, options, survives) => {
  const person = await client.signUp();
  const other = await client.signIn(person);
  await change(person.accessToken, { newPassword: NEW_PASSWORD, ...options });
  expect(await isSignedIn(person.accessToken)).toBe(true);
  expect(await isSignedIn(other.accessToken)).toBe(survives);
});

test('a password change ends every sign-in that has proved, or is checking, the old password', async () => {
  const person = await client.signUp();
  const { secret, tokens } = await client.enrollTotp(person.accessToken);
  app.clock.advance(60);
  const begun = await client.startSignIn({ identifier: person.email });
  await client.attempt(begun.id, { password: PASSWORD });
  const raced = await Promise.all(
    Array.from({ length: 6 }, () => client.startSignIn({ identifier: person.email })),
  );
  await Promise.all([
    change(tokens.accessToken, { newPassword: NEW_PASSWORD }),
    ...raced.map(({ id }) => client.attempt(id, { password: PASSWORD })),
  ]);
  for (const { id } of [begun, ...raced]) {
    const step = await client.attempt(id, { totp: client.totp(secret) });
    expect(step.session ?? null).toBeNull();
    expect(step.code).toBeDefined();
  }
});

test('ten parallel password changes happen one after the other, and one of the passwords remains', async () => {
  const person = await client.signUp();
  const choices = Array.from({ length: 10 }, (_, at) => `parallel password ${at}`);
  const answers = await Promise.all(
    choices.map((newPassword) => change(person.accessToken, { newPassword })),
  );
  expect(answers.some((one) => one.type === 'User')).toBe(true);
  const accepted = await Promise.all(choices.slice(0, 9).map((choice) => accepts(person, choice)));
  const last = await accepts(person, choices[9] ?? '');
  expect([...accepted, last].filter(Boolean)).toHaveLength(1);
});

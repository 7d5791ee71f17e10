// Runs every flow with known secrets, and searches every table and every log line for them.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const PASSWORD = 'canary password 7f3a1c9d';
const WRONG_PASSWORD = 'canary wrong guess 2b8e';
const NEW_PASSWORD = 'canary new password 5d0c';

let app: TestApp;
let client: TestClient;
/** Each secret, by description. */
const secrets = new Map<string, string>();

function sow(step: Step, what: string): Step {
  secrets.set(`workflow id of ${what}`, step.id);
  if (step.session) {
    secrets.set(`access token of ${what}`, step.session.accessToken);
    secrets.set(`refresh token of ${what}`, step.session.refreshToken);
  }
  if (step.totp) secrets.set(`TOTP secret of ${what}`, step.totp.secret);
  for (const [at, code] of (step.backupCodes ?? []).entries()) {
    secrets.set(`backup code ${at}`, code);
    secrets.set(`backup code ${at} without hyphens`, code.replaceAll('-', ''));
  }
  return step;
}

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  const email = 'canary@example.com';
  secrets.set('password', PASSWORD);
  secrets.set('wrong password', WRONG_PASSWORD);

  const signUp = sow(await client.startSignUp({ email, password: PASSWORD }), 'the sign-up');
  const code = await client.codeFor(email);
  secrets.set('email code of the sign-up', code);
  await client.attempt(signUp.id, { emailCode: '000000' });
  const signedUp = sow(await client.attempt(signUp.id, { emailCode: code }), 'the sign-up');
  let token = signedUp.session?.accessToken ?? '';

  const enrollment = sow(await client.startEnrollment({ factor: 'TOTP' }, token), 'the enrollment');
  const totp = client.totp(enrollment.totp?.secret ?? '');
  secrets.set('TOTP code', totp);
  const enrolled = sow(await client.attempt(enrollment.id, { totp }, token), 'the enrollment');
  token = enrolled.session?.accessToken ?? '';

  const signIn = sow(await client.startSignIn({ identifier: email }), 'the sign-in');
  await client.attempt(signIn.id, { password: WRONG_PASSWORD });
  await client.prepare(signIn.id, 'EMAIL_CODE');
  secrets.set('email code of the sign-in', await client.codeFor(email));
  await client.attempt(signIn.id, { password: PASSWORD });
  const signedIn = sow(
    await client.attempt(signIn.id, { backupCode: enrolled.backupCodes?.[0] }),
    'the sign-in',
  );

  const stepUp = sow(await client.startStepUp({}, token), 'the step-up');
  const steppedUp = await client.attempt(stepUp.id, { backupCode: enrolled.backupCodes?.[1] }, token);
  token = sow(steppedUp, 'the step-up').session?.accessToken ?? '';

  const phone = '+14155552671';
  const adding = sow(
    await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber: phone }, token),
    'the phone',
  );
  await client.prepare(adding.id, 'PHONE_CODE', token);
  const phoneCode = await client.codeFor(phone);
  secrets.set('phone code', phoneCode);
  token = sow(await client.attempt(adding.id, { phoneCode }, token), 'the phone').session?.accessToken ?? '';

  const link = sow(await client.startSignIn({ identifier: email }), 'the link');
  await client.prepare(link.id, 'EMAIL_LINK');
  const linkToken = await client.linkFor(email);
  secrets.set('token of the link', linkToken);
  await client.approve('x'.repeat(43));
  await client.approve(linkToken);
  await client.attempt(link.id, { linkApproved: true });

  const reset = sow(await client.startPasswordReset({ identifier: email }), 'the reset');
  await client.prepare(reset.id, 'EMAIL_CODE');
  const resetCode = await client.codeFor(email);
  secrets.set('email code of the reset', resetCode);
  await client.attempt(reset.id, { emailCode: resetCode });
  await client.attempt(reset.id, { backupCode: enrolled.backupCodes?.[2] });
  secrets.set('new password', NEW_PASSWORD);
  secrets.set('device token', signedIn.session?.deviceToken ?? '');
  await client.chooseNewPassword(reset.id, NEW_PASSWORD, { signOutOtherSessions: false });

  const refresh = `mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken refreshToken } } }`;
  const { data } = await client.graphql(refresh, { t: signedIn.session?.refreshToken });
  secrets.set('refreshed token', data.refreshSession.refreshToken);
  const { data: regenerated } = await client.graphql(
    'mutation { regenerateBackupCodes { codes } }',
    {},
    token,
  );
  for (const [at, one] of regenerated.regenerateBackupCodes.codes.entries())
    secrets.set(`new backup code ${at}`, one);

  // Failed requests too: a secret in the wrong place, in variables and in the document.
  await client.graphql('mutation ($p: Int) { __typename }', { p: PASSWORD });
  await client.graphql(`{ workflow(id: 1, password: "${PASSWORD}") { id } }`);
  await client.graphql(
    `mutation { startSignIn(input: { identifier: "${PASSWORD}", extra: "${PASSWORD}" }) { __typename } }`,
  );
  await client.post(`{"query": "{ viewer { id } }", "variables": {"password": "${PASSWORD}"`);
  await client.attempt(PASSWORD, { password: PASSWORD });
  await client.graphql('{ viewer { id } }', {}, `${PASSWORD}.${token}`);
});
afterAll(() => app[Symbol.asyncDispose]());

test('the workflows have used every kind of secret', () => {
  expect(secrets.size).toBeGreaterThan(40);
  for (const [what, secret] of secrets) expect(secret, what).toMatch(/^.{6,}$/s);
});

test('no secret is in any table', async () => {
  const tables = await query<{ name: string }>(
    app.databaseUrl,
    `select format('%I.%I', table_schema, table_name) as name from information_schema.tables
     where table_schema not in ('pg_catalog', 'information_schema') and table_type = 'BASE TABLE'`,
  );
  expect(tables.length).toBeGreaterThan(14);
  const found: string[] = [];
  let rows = 0;
  let addresses = 0; // proves that the search works: the address is not a secret
  for (const { name } of tables) {
    for (const { row } of await query<{ row: string }>(
      app.databaseUrl,
      `select t::text as row from ${name} t`,
    )) {
      rows += 1;
      if (holds(row, 'canary@example.com')) addresses += 1;
      for (const [what, secret] of secrets) if (holds(row, secret)) found.push(`${what} in ${name}`);
    }
  }
  expect(rows).toBeGreaterThan(50);
  expect(addresses).toBe(1);
  expect(found).toEqual([]);
});

test('no secret is in any log line', () => {
  expect(app.log.length).toBeGreaterThan(30);
  const found = [...secrets].flatMap(([what, secret]) =>
    app.log.filter((line) => holds(line, secret)).map((line) => `${what}: ${line}`),
  );
  expect(found).toEqual([]);
});

/** A six-digit code must stand alone: it may appear by chance in a longer number, such as microseconds. */
function holds(text: string, secret: string): boolean {
  return /^\d{6}$/.test(secret)
    ? new RegExp(`(?<![\\d.])${secret}(?!\\d)`).test(text)
    : text.includes(secret);
}

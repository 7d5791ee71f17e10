// An enrollment that was started and never confirmed, with or without another factor, has no effect: it does not sign
// in or identify a user, is not listed, and keeps nothing else valid.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const STANDING = `{ viewer {
  authenticators { id factor } backupCodesRemaining assurance { level evidence { factor } }
} }`;

let app: TestApp;
let client: TestClient;
let numbers = 2000;

beforeAll(async () => {
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  client = new TestClient(app);
  await query(app.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
});
afterAll(() => app[Symbol.asyncDispose]());

function newNumber(): string {
  numbers += 1;
  return `+1415555${numbers}`;
}

interface Enrolled extends Person {
  readonly secret: string;
}

/** A user with an authenticator app, whose next code is unused. */
async function enrolled(): Promise<Enrolled> {
  const person = await client.signUp();
  const { secret, tokens } = await client.enrollTotp(person.accessToken);
  app.clock.advance(60);
  return { ...person, ...tokens, secret };
}

/** Starts to enroll another app without confirming it. */
async function beginApp({ accessToken }: Tokens): Promise<string> {
  const { totp, status } = await client.startEnrollment({ factor: 'TOTP', label: 'unproved' }, accessToken);
  expect(status).toBe('NEEDS_ENROLLMENT');
  return totp?.secret ?? '';
}

async function beginPhone({ accessToken }: Tokens): Promise<string> {
  const phoneNumber = newNumber();
  const { id } = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, accessToken);
  expect((await client.prepare(id, 'PHONE_CODE', accessToken)).status).toBe('NEEDS_ENROLLMENT');
  return phoneNumber;
}

async function authContext({ accessToken }: Tokens) {
  return (await client.graphql(STANDING, {}, accessToken)).data.viewer;
}

async function removeOnlyApp(person: Tokens): Promise<void> {
  const apps = (await authContext(person)).authenticators.filter(
    (one: { factor: string }) => one.factor === 'TOTP',
  );
  expect(apps).toHaveLength(1); // the unconfirmed one is not listed
  const { data } = await client.graphql(
    'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
    { id: apps[0].id },
    person.accessToken,
  );
  expect(data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
}

describe('the secret of an unconfirmed app', () => {
  test('cannot be used to sign in, step up or reset next to a confirmed one', async () => {
    const person = await enrolled();
    const unproved = await beginApp(person);
    app.clock.advance(30);
    const wrong = { totp: client.totp(unproved) };
    const right = { totp: client.totp(person.secret) };

    const { id } = await client.startSignIn({ identifier: person.email });
    await client.attempt(id, { password: PASSWORD });
    expect(await client.attempt(id, wrong)).toMatchObject({ code: 'PROOF_REJECTED' });
    const stepUp = await client.startStepUp({}, person.accessToken);
    expect(await client.attempt(stepUp.id, wrong, person.accessToken)).toMatchObject({
      code: 'PROOF_REJECTED',
    });
    const reset = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(reset.id, 'EMAIL_CODE');
    await client.attempt(reset.id, { emailCode: await client.codeFor(person.email) });
    expect(await client.attempt(reset.id, wrong)).toMatchObject({ code: 'PROOF_REJECTED' });
    expect((await client.attempt(id, right)).status).toBe('COMPLETE');
  });

  test('is not a second step of a user without another, who signs in with the password alone', async () => {
    const person = await client.signUp();
    const unproved = await beginApp(person);
    const { id } = await client.startSignIn({ identifier: person.email });
    expect(await client.attempt(id, { totp: client.totp(unproved) })).toMatchObject({
      code: 'FACTOR_NOT_OFFERED',
    });
    const done = await client.attempt(id, { password: PASSWORD });
    expect(done.status).toBe('COMPLETE');
    const { accessToken } = done.session ?? person;
    const guarded = await client.graphql('{ viewer { auditEvents { type } } }', {}, accessToken);
    expect(guarded.errors[0]?.extensions.code).toBe('ENROLLMENT_REQUIRED');
  });

  test('can be confirmed only in its own enrollment', async () => {
    const person = await client.signUp();
    const [first, second] = [
      await client.startEnrollment({ factor: 'TOTP' }, person.accessToken),
      await client.startEnrollment({ factor: 'TOTP' }, person.accessToken),
    ];
    const proof = { totp: client.totp(second.totp?.secret ?? '') };
    expect(await client.attempt(first.id, proof, person.accessToken)).toMatchObject({
      code: 'PROOF_REJECTED',
    });
    expect((await client.attempt(second.id, proof, person.accessToken)).status).toBe('COMPLETE');
  });
});

describe('when the last confirmed app is removed,', () => {
  test.each([
    ['an app', beginApp],
    ['a phone', beginPhone],
  ])('%s with an unconfirmed enrollment keeps neither backup codes nor evidence', async (_what, begin) => {
    const person = await enrolled();
    await begin(person);
    await removeOnlyApp(person);
    const { backupCodesRemaining, assurance, authenticators } = await authContext(person);
    expect(backupCodesRemaining).toBe(0);
    expect(assurance.level).toBe('AAL1');
    expect(assurance.evidence.map((one: { factor: string }) => one.factor)).toEqual([
      'PASSWORD',
      'EMAIL_CODE',
    ]);
    expect(authenticators.map((one: { factor: string }) => one.factor)).toEqual(['PASSWORD']);
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await client.attempt(id, { password: PASSWORD })).status).toBe('COMPLETE');
  });

  test('a verified number that is not a second factor does not either', async () => {
    const person = await client.signUp();
    const phone = await client.enrollPhone(person.accessToken, newNumber(), false);
    const { tokens } = await client.enrollTotp(phone.tokens.accessToken);
    await removeOnlyApp(tokens);
    expect(await authContext(tokens)).toMatchObject({
      backupCodesRemaining: 0,
      assurance: { level: 'AAL1' },
    });
  });

  test('an unverified number that is marked as a second factor does not count', async () => {
    const person = await enrolled();
    const number = await beginPhone(person);
    await query(app.databaseUrl, 'update phone_number set second_factor = true where number = $1', [number]);
    await removeOnlyApp(person);
    expect(await authContext(person)).toMatchObject({
      backupCodesRemaining: 0,
      assurance: { level: 'AAL1' },
    });
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await client.attempt(id, { password: PASSWORD })).status).toBe('COMPLETE');
  });
});

describe('an unverified phone number', () => {
  test('is not a second step and does not identify a user who typed it in', async () => {
    const person = await enrolled();
    const number = await beginPhone(person);
    const { id } = await client.startSignIn({ identifier: person.email });
    const second = await client.attempt(id, { password: PASSWORD });
    expect(second.factors.map((one) => one.factor)).toEqual(['TOTP', 'BACKUP_CODE']);

    const before = (await client.inbox()).filter((one) => one.to === number).length;
    for (const start of [client.startSignIn, client.startPasswordReset]) {
      const step = await start({ identifier: number });
      expect((await client.prepare(step.id, 'PHONE_CODE')).challenge).toMatchObject({ factor: 'PHONE_CODE' });
      app.clock.advance(1);
    }
    expect((await client.inbox()).filter((one) => one.to === number)).toHaveLength(before);
  });

  test('belongs to the user who verifies it, even if others started to', async () => {
    const [first, second] = [await client.signUp(), await client.signUp()];
    const phoneNumber = newNumber();
    await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, first.accessToken);
    await client.enrollPhone(second.accessToken, phoneNumber);
    app.clock.advance(60);
    const { id } = await client.startSignIn({ identifier: phoneNumber });
    await client.attempt(id, { password: PASSWORD });
    const rows = await query(
      app.databaseUrl,
      `select e.address from workflow w join email_address e on e.user_id = w.user_id
       where w.chart = 'sign-in' order by w.created_at desc limit 1`,
    );
    expect(rows).toEqual([{ address: second.email }]);
  });
});

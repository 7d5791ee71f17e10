// Races that need a lock or a second condition: the second request gets a clear answer, and nothing fails.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { whileHeld } from '../factors/held-rows.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const word = ({ code, status }: Step): string => code ?? status;

test('two sign-ups of one address that are proved in parallel create one account without an error', async () => {
  const email = 'twice@example.com';
  const signUp = async (): Promise<{ id: string; emailCode: string }> => {
    const { id } = await client.startSignUp({ email, password: PASSWORD });
    const emailCode = await client.codeFor(email);
    return { id, emailCode };
  };
  const both = [await signUp(), await signUp()];
  const answers = await whileHeld(
    app.databaseUrl,
    'select id from email_address where address = $1',
    [email],
    2,
    () => Promise.all(both.map(({ id, emailCode }) => client.attempt(id, { emailCode }))),
  );
  expect(answers.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
  const rows = await query(
    app.databaseUrl,
    'select id from email_address where address = $1 and verified_at is not null',
    [email],
  );
  expect(rows).toHaveLength(1);
});

describe('a request that read its clock before a workflow ended', () => {
  const SECONDS = 5;

  test('still finds it ended by a new password', async () => {
    const person = await client.signUp();
    const { id: begun } = await client.startSignIn({ identifier: person.email });
    const resets: string[] = [];
    for (const _ of [1, 2]) {
      const { id } = await client.startPasswordReset({ identifier: person.email });
      await client.prepare(id, 'EMAIL_CODE');
      await client.attempt(id, { emailCode: await client.codeFor(person.email) });
      resets.push(id);
    }
    app.clock.advance(60);
    const [first = '', second = ''] = resets;
    expect(word(await client.chooseNewPassword(first, 'a new battery staple'))).toBe('COMPLETE');
    app.clock.advance(-SECONDS);
    expect(word(await client.chooseNewPassword(second, 'another battery staple'))).toBe('WORKFLOW_EXPIRED');
    const proof = { password: 'a new battery staple' };
    expect(word(await client.attempt(begun, proof))).toBe('WORKFLOW_EXPIRED');
  });

  test('still finds it ended by the visitor of its link', async () => {
    const person = await client.signUp();
    const { id } = await client.startSignIn({ identifier: person.email });
    await client.prepare(id, 'EMAIL_LINK');
    const token = await client.linkFor(person.email);
    app.clock.advance(60);
    await client.graphql('mutation ($token: String!) { rejectLink(token: $token) { __typename } }', {
      token,
    });
    app.clock.advance(-SECONDS);
    expect(word(await client.attempt(id, { password: person.password }))).toBe('WORKFLOW_EXPIRED');
  });
});

describe('an enrollment that is confirmed twice in parallel', () => {
  test('adds the app once, with one set of backup codes', async () => {
    const { accessToken } = await client.signUp();
    const { id, totp } = await client.startEnrollment({ factor: 'TOTP' }, accessToken);
    const proof = { totp: client.totp(totp?.secret ?? '') };
    const answers = await Promise.all(
      Array.from({ length: 5 }, () => client.attempt(id, proof, accessToken)),
    );
    expect(answers.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    expect(answers.filter(({ backupCodes }) => (backupCodes?.length ?? 0) > 0)).toHaveLength(1);
    for (const answer of answers)
      expect(['COMPLETE', 'CONFLICT', 'WORKFLOW_ENDED', 'PROOF_REJECTED']).toContain(word(answer));
  });

  test('of one number in two workflows adds it once', async () => {
    const { accessToken } = await client.signUp();
    const phoneNumber = '+14155556001';
    const ids: string[] = [];
    const codes: string[] = [];
    for (let workflows = 0; workflows < 2; workflows += 1) {
      const { id } = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, accessToken);
      await client.prepare(id, 'PHONE_CODE', accessToken);
      ids.push(id);
      codes.push(await client.codeFor(phoneNumber));
    }
    const answers = await Promise.all(
      ids.map((id, at) => client.attempt(id, { phoneCode: codes[at] }, accessToken)),
    );
    expect(answers.some(({ status }) => status === 'COMPLETE')).toBe(true);
    for (const answer of answers) expect(['COMPLETE', 'CONFLICT']).toContain(word(answer));
    expect(answers.filter(({ backupCodes }) => (backupCodes?.length ?? 0) > 0)).toHaveLength(1);
    const rows = await query(app.databaseUrl, 'select id from phone_number where number = $1', [phoneNumber]);
    expect(rows).toHaveLength(1);
  });
});

describe('an unverified number', () => {
  test('does not identify a user in a sign-in or a reset', async () => {
    await query(app.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
    const person = await client.signUp();
    const phoneNumber = '+14155556002';
    const { id } = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, person.accessToken);
    await client.prepare(id, 'PHONE_CODE', person.accessToken);
    for (const start of [client.startSignIn, client.startPasswordReset]) {
      const workflow = await start({ identifier: phoneNumber });
      const messages = (await client.inbox()).length;
      await client.prepare(workflow.id, 'PHONE_CODE');
      expect((await client.inbox()).length).toBe(messages);
      const [row] = await query<{ user_id: string | null }>(
        app.databaseUrl,
        'select user_id from workflow order by created_at desc limit 1',
      );
      expect(row?.user_id).toBeNull();
      if (start === client.startSignIn)
        expect(word(await client.attempt(workflow.id, { password: PASSWORD }))).toBe('PROOF_REJECTED');
    }
    // Once it is verified, it does.
    const phoneCode = await client.codeFor(phoneNumber);
    expect(word(await client.attempt(id, { phoneCode }, person.accessToken))).toBe('COMPLETE');
    const signIn = await client.startSignIn({ identifier: phoneNumber });
    expect(word(await client.attempt(signIn.id, { password: PASSWORD }))).toBe('NEEDS_SECOND_FACTOR');
  });
});

describe('a set of backup codes that is all used', () => {
  async function withoutCodes(): Promise<Person & { secret: string }> {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    app.clock.advance(31);
    await query(
      app.databaseUrl,
      'update backup_code set used_at = now() where user_id = (select user_id from email_address where address = $1)',
      [person.email],
    );
    return { ...person, secret };
  }

  test('does not count as enrolled: no step offers it, and no token lists it', async () => {
    const person = await withoutCodes();
    const { id } = await client.startSignIn({ identifier: person.email });
    const first = await client.attempt(id, { password: person.password });
    expect(first.factors.map(({ factor }) => factor)).toEqual(['TOTP']);
    expect(word(await client.attempt(id, { backupCode: '0000-0000-0000-0000' }))).toBe('FACTOR_NOT_OFFERED');
    const done = await client.attempt(id, { totp: client.totp(person.secret) });
    const [, payload = ''] = done.session?.accessToken.split('.') ?? [];
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString());
    expect(claims.mfa.e).toEqual(['totp']);
  });
});

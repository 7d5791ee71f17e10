// Phone numbers as factors: only after verification, a second factor only if the user turned it on, and off wherever
// text messages are turned off. A number that an attacker takes over (SIM swap) does not give access on its own.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, type Person, TestClient, type Tokens, tokensOf } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { whileHeld } from '../held-rows.ts';

let app: TestApp;
let client: TestClient;
let numbers = 2000;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  await query(
    app.databaseUrl,
    `insert into tenant (id, sms, created_at) values ('any', 'ANY_FACTOR', now()), ('none', 'OFF', now())`,
  );
});
afterAll(() => app[Symbol.asyncDispose]());

/** A number that no other test uses. */
function newNumber(): string {
  numbers += 1;
  return `+1415555${numbers}`;
}

async function signUpIn(tenant: string): Promise<Person> {
  const email = `${randomUUID()}@example.com`;
  const started = await client.startSignUp({ email, password: PASSWORD, tenant });
  const done = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
  return { email, password: PASSWORD, ...(done.session as Tokens) };
}

async function codeOf(field: string, variables: object, token: string): Promise<string | undefined> {
  const documents: Readonly<Record<string, string>> = {
    setPhoneSecondFactor:
      'mutation ($id: ID!, $enabled: Boolean!) { setPhoneSecondFactor(id: $id, enabled: $enabled) { __typename ... on UserError { code } } }',
    setSmsFactors: 'mutation ($enabled: Boolean!) { setSmsFactors(enabled: $enabled) { smsFactors } }',
    removeAuthenticator:
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename ... on UserError { code } } }',
  };
  const { data, errors } = await client.graphql(documents[field] ?? '', variables, token);
  return errors[0]?.extensions.code ?? data?.[field]?.code ?? data?.[field]?.__typename ?? 'done';
}

const GUARDED = '{ viewer { auditEvents { type } } }';
const guarded = async (token: string): Promise<string | undefined> =>
  (await client.graphql(GUARDED, {}, token)).errors[0]?.extensions.code;

/** The factors that a sign-in offers after the password. */
async function offeredAfterPassword(person: { email: string }, tenant?: string): Promise<string[]> {
  const { id } = await client.startSignIn({ identifier: person.email, tenant });
  const step = await client.attempt(id, { password: PASSWORD });
  return step.factors.map((one) => one.factor);
}

describe('adding a phone number', () => {
  test('takes effect when the user enters the code sent to it, and notifies the user', async () => {
    const person = await client.signUp();
    const phoneNumber = newNumber();
    const started = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, person.accessToken);
    expect(started).toMatchObject({ status: 'NEEDS_ENROLLMENT', challenge: null });
    expect(started.factors).toEqual([
      expect.objectContaining({
        factor: 'PHONE_CODE',
        needsPreparing: true,
        hint: `+1 ••••••••${phoneNumber.slice(-2)}`,
      }),
    ]);
    expect(await offeredAfterPassword(person)).toEqual([]);
    await client.prepare(started.id, 'PHONE_CODE', person.accessToken);
    const [sms] = await client.inbox();
    expect(sms).toMatchObject({ channel: 'sms', to: phoneNumber });
    const done = await client.attempt(
      started.id,
      { phoneCode: await client.codeFor(phoneNumber) },
      person.accessToken,
    );
    expect(done.status).toBe('COMPLETE');
    expect(done.backupCodes).toHaveLength(10);
    expect(await offeredAfterPassword(person)).toEqual(['PHONE_CODE', 'BACKUP_CODE']);
    const notice = (await client.inbox()).find((one) => one.to === person.email);
    expect(notice?.subject).toBe('A sign-in method was added');
    // The proof counts as evidence, so the session meets a step-up.
    expect(await guarded(done.session?.accessToken ?? '')).toBeUndefined();
  });

  test('without making it a second factor gives no evidence, no backup codes and no second step', async () => {
    const person = await client.signUp();
    const { tokens, backupCodes } = await client.enrollPhone(person.accessToken, newNumber(), false);
    expect(backupCodes).toEqual([]);
    expect(await guarded(tokens.accessToken)).toBe('ENROLLMENT_REQUIRED');
    expect(await offeredAfterPassword(person)).toEqual([]);
  });

  test('of a country that is not allowed is rejected, and no message is sent', async () => {
    const person = await client.signUp();
    const before = (await client.inbox()).length;
    for (const phoneNumber of ['+4915112345678', '+18765550123']) {
      const step = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, person.accessToken);
      expect(step.code).toBe('PHONE_NUMBER_NOT_ALLOWED');
      expect(step.message).toContain('US, CA');
    }
    expect(await client.inbox()).toHaveLength(before);
  });

  test.each([
    ['nothing', {}, 'PHONE_NUMBER_NOT_FOUND'],
    ['an invalid number', { phoneNumber: '12345' }, 'INVALID_INPUT'],
    ['an unknown id', { phoneNumberId: randomUUID() }, 'PHONE_NUMBER_NOT_FOUND'],
    ['an invalid id', { phoneNumberId: 'x' }, 'INVALID_INPUT'],
    ['two', { phoneNumber: '+14155552671', phoneNumberId: randomUUID() }, 'INVALID_INPUT'],
  ])('with %s says what to send', async (_what, named, code) => {
    const person = await client.signUp();
    const step = await client.startEnrollment({ factor: 'PHONE_CODE', ...named }, person.accessToken);
    expect(step.code).toBe(code);
  });

  test.each([
    ['a number', { phoneNumber: '+14155552671' }, 'phoneNumber'],
    ['the id of a number', { phoneNumberId: randomUUID() }, 'phoneNumberId'],
    ['`secondFactor: false`', { secondFactor: false }, 'secondFactor'],
  ])(
    'with %s but for an authenticator app is refused, and the error names the field',
    async (_what, named, field) => {
      const person = await client.signUp();
      const step = await client.startEnrollment({ factor: 'TOTP', ...named }, person.accessToken);
      expect(step).toMatchObject({
        code: 'INVALID_INPUT',
        message: `${field}: Only valid for PHONE_CODE. Omit the field.`,
      });
    },
  );

  test('with the id of another user’s number fails like an unknown id', async () => {
    const [owner, other] = [await client.signUp(), await client.signUp()];
    const { id } = await client.enrollPhone(owner.accessToken, newNumber());
    const step = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumberId: id }, other.accessToken);
    expect(step.code).toBe('PHONE_NUMBER_NOT_FOUND');
    expect(await codeOf('removeAuthenticator', { id }, other.accessToken)).toBe('ENROLLMENT_REQUIRED');
  });

  test('that belongs to another account is reported only after the caller has proved it', async () => {
    const [owner, other] = [await client.signUp(), await client.signUp()];
    const number = newNumber();
    await client.enrollPhone(owner.accessToken, number);
    const started = await client.startEnrollment(
      { factor: 'PHONE_CODE', phoneNumber: number },
      other.accessToken,
    );
    expect(started.status).toBe('NEEDS_ENROLLMENT');
    app.clock.advance(31);
    await client.prepare(started.id, 'PHONE_CODE', other.accessToken);
    expect((await client.attempt(started.id, { phoneCode: '000000' }, other.accessToken)).code).toBe(
      'PROOF_REJECTED',
    );
    const proved = await client.attempt(
      started.id,
      { phoneCode: await client.codeFor(number) },
      other.accessToken,
    );
    expect(proved.code).toBe('PHONE_NUMBER_TAKEN');
    expect(await offeredAfterPassword(other)).toEqual([]);
    expect(await offeredAfterPassword(owner)).toEqual(['PHONE_CODE', 'BACKUP_CODE']);
  });

  test('that two accounts prove in parallel succeeds for one of them', async () => {
    const people = [await client.signUp(), await client.signUp()];
    const number = newNumber();
    const ready = [];
    for (const { accessToken } of people) {
      const { id } = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber: number }, accessToken);
      await client.prepare(id, 'PHONE_CODE', accessToken);
      ready.push({ id, accessToken, phoneCode: await client.codeFor(number) });
    }
    const steps = await Promise.all(
      ready.map(({ id, accessToken, phoneCode }) => client.attempt(id, { phoneCode }, accessToken)),
    );
    expect(steps.filter((step) => step.status === 'COMPLETE')).toHaveLength(1);
    const [row] = await query<{ owners: string }>(
      app.databaseUrl,
      'select count(*) as owners from phone_number where number = $1 and verified_at is not null',
      [number],
    );
    expect(Number(row?.owners)).toBe(1);
  });

  test('in a stale session needs a fresh proof first, so that a stolen session cannot add a phone', async () => {
    const person = await client.signUp();
    app.clock.advance(601);
    const { data } = await client.graphql(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }',
      { t: person.refreshToken },
    );
    const token: string = data.refreshSession.accessToken;
    const number = newNumber();
    const started = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber: number }, token);
    expect(started.status).toBe('NEEDS_PROOF');
    expect((await client.prepare(started.id, 'PHONE_CODE', token)).code).toBe('FACTOR_NOT_OFFERED');
    const proved = await client.attempt(started.id, { password: PASSWORD }, token);
    expect(proved.status).toBe('NEEDS_ENROLLMENT');
    await client.prepare(started.id, 'PHONE_CODE', token);
    const done = await client.attempt(started.id, { phoneCode: await client.codeFor(number) }, token);
    expect(done.status).toBe('COMPLETE');
  });

  test('cannot be completed with a code sent to an existing number', async () => {
    const person = await client.signUp();
    const [old, added] = [newNumber(), newNumber()];
    const { tokens } = await client.enrollPhone(person.accessToken, old);
    app.clock.advance(601);
    const { data } = await client.graphql(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }',
      { t: tokens.refreshToken },
    );
    const token: string = data.refreshSession.accessToken;
    const started = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber: added }, token);
    await client.prepare(started.id, 'PHONE_CODE', token);
    const oldCode = await client.codeFor(old);
    expect((await client.attempt(started.id, { phoneCode: oldCode }, token)).status).toBe('NEEDS_ENROLLMENT');
    expect((await client.attempt(started.id, { phoneCode: oldCode }, token)).code).toBe('PROOF_REJECTED');
  });
});

describe('a code by text message', () => {
  test('is valid for five minutes, once, for its workflow', async () => {
    const person = await client.signUp();
    const number = newNumber();
    await client.enrollPhone(person.accessToken, number);
    app.clock.advance(31);
    const sent = async () => {
      const { id } = await client.startSignIn({ identifier: person.email });
      await client.attempt(id, { password: PASSWORD });
      const prepared = await client.prepare(id, 'PHONE_CODE');
      expect(prepared.challenge?.hint).toBe(`+1 ••••••••${number.slice(-2)}`);
      return { id, phoneCode: await client.codeFor(number) };
    };
    const first = await sent();
    const second = await sent();
    expect((await client.attempt(second.id, { phoneCode: first.phoneCode })).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(second.id, { phoneCode: second.phoneCode })).status).toBe('COMPLETE');
    app.clock.advance(301);
    expect((await client.attempt(first.id, { phoneCode: first.phoneCode })).code).toBe('PROOF_REJECTED');
    const third = await sent();
    app.clock.advance(299);
    expect((await client.attempt(third.id, { phoneCode: third.phoneCode })).status).toBe('COMPLETE');
  });

  test('is sent to the chosen number, and only to an offered one', async () => {
    const person = await client.signUp();
    const [one, other] = [newNumber(), newNumber()];
    const first = await client.enrollPhone(person.accessToken, one);
    const second = await client.enrollPhone(first.tokens.accessToken, other);
    const { id } = await client.startSignIn({ identifier: person.email });
    const offered = (await client.attempt(id, { password: PASSWORD })).factors;
    expect(offered.map((choice) => choice.authenticatorId).filter(Boolean)).toEqual([first.id, second.id]);
    expect((await client.prepare(id, 'PHONE_CODE', undefined, randomUUID())).code).toBe('FACTOR_NOT_OFFERED');
    app.clock.advance(31);
    await client.prepare(id, 'PHONE_CODE', undefined, second.id);
    expect((await client.inbox())[0]).toMatchObject({ to: other });
    // Another number gets its own challenge, without waiting.
    await client.prepare(id, 'PHONE_CODE', undefined, first.id);
    expect((await client.inbox())[0]).toMatchObject({ to: one });
    expect((await client.attempt(id, { phoneCode: await client.codeFor(other) })).code).toBe(
      'PROOF_REJECTED',
    );
    expect((await client.attempt(id, { phoneCode: await client.codeFor(one) })).status).toBe('COMPLETE');
  });

  test('does not count if the number was removed or is no longer a second factor', async () => {
    for (const lose of ['removeAuthenticator', 'setPhoneSecondFactor']) {
      const person = await client.signUp();
      const number = newNumber();
      const totp = await client.enrollTotp(person.accessToken);
      const phone = await client.enrollPhone(totp.tokens.accessToken, number);
      app.clock.advance(31);
      const { id } = await client.startSignIn({ identifier: person.email });
      await client.attempt(id, { password: PASSWORD });
      await client.prepare(id, 'PHONE_CODE');
      const phoneCode = await client.codeFor(number);
      await codeOf(lose, { id: phone.id, enabled: false }, phone.tokens.accessToken);
      expect((await client.attempt(id, { phoneCode })).code).toBe('FACTOR_NOT_OFFERED');
    }
  });
});

describe('setPhoneSecondFactor', () => {
  test('needs a step-up, so that a stolen password or number is not enough', async () => {
    const person = await client.signUp();
    const { id, tokens } = await client.enrollPhone(person.accessToken, newNumber(), false);
    expect(await codeOf('setPhoneSecondFactor', { id, enabled: true }, tokens.accessToken)).toBe(
      'ENROLLMENT_REQUIRED',
    );
    const totp = await client.enrollTotp(tokens.accessToken);
    expect(await codeOf('setPhoneSecondFactor', { id, enabled: true }, totp.tokens.accessToken)).toBe('User');
    expect(await offeredAfterPassword(person)).toEqual(['TOTP', 'PHONE_CODE', 'BACKUP_CODE']);
    const notice = (await client.inbox()).find((one) => one.to === person.email);
    expect(notice?.subject).toMatch(/added|new/i);
  });

  test('off removes the number’s evidence from every session, and with the last factor the backup codes', async () => {
    const person = await client.signUp();
    const { id, tokens } = await client.enrollPhone(person.accessToken, newNumber());
    expect(await guarded(tokens.accessToken)).toBeUndefined();
    expect(await codeOf('setPhoneSecondFactor', { id, enabled: false }, tokens.accessToken)).toBe('User');
    expect(await guarded(tokens.accessToken)).toBe('ENROLLMENT_REQUIRED');
    expect(await offeredAfterPassword(person)).toEqual([]);
    const [row] = await query<{ codes: string }>(
      app.databaseUrl,
      'select count(*) as codes from backup_code b join email_address e using (user_id) where e.address = $1',
      [person.email],
    );
    expect(Number(row?.codes)).toBe(0);
  });

  test.each([
    ['a number that stops being a second factor', 'setPhoneSecondFactor'],
    ['text messages that are switched off', 'setSmsFactors'],
  ])('%s and an app removed at the same moment leave no backup codes', async (_what, field) => {
    const person = await client.signUp();
    const phone = await client.enrollPhone(person.accessToken, newNumber());
    const { accessToken } = (await client.enrollTotp(phone.tokens.accessToken)).tokens;
    const { data } = await client.graphql('{ viewer { authenticators { id factor } } }', {}, accessToken);
    const authenticators: { id: string; factor: string }[] = data.viewer.authenticators;
    const totp = authenticators.find(({ factor }) => factor === 'TOTP');
    // Held where each has seen what is left, and goes on to void it: the second must not have come so far.
    const sessions =
      'select 1 from session where user_id = (select user_id from email_address where address = $1)';
    await whileHeld(app.databaseUrl, sessions, [person.email], 2, () =>
      Promise.all([
        codeOf(field, { id: phone.id, enabled: false }, accessToken),
        codeOf('removeAuthenticator', { id: totp?.id }, accessToken),
      ]),
    );
    const [row] = await query<{ left: number; codes: number }>(
      app.databaseUrl,
      `select (select count(*)::int from authenticator a where a.user_id = e.user_id and a.factor = 'TOTP')
              + (select count(*)::int from phone_number p where p.user_id = e.user_id and p.second_factor) as left,
              (select count(*)::int from backup_code b where b.user_id = e.user_id) as codes
       from email_address e where e.address = $1`,
      [person.email],
    );
    expect(row?.codes).toBe(row?.left === 0 ? 0 : 10);
  });

  test('a switch set to its current value succeeds and sends no notice', async () => {
    const person = await client.signUp();
    const { id, tokens } = await client.enrollPhone(person.accessToken, newNumber());
    const heard = async (): Promise<unknown> => [
      (await client.inbox()).filter((one) => one.to === person.email).length,
      await query(
        app.databaseUrl,
        'select count(*) from audit_event a join email_address e using (user_id) where e.address = $1',
        [person.email],
      ),
    ];
    const before = await heard();
    expect(await codeOf('setPhoneSecondFactor', { id, enabled: true }, tokens.accessToken)).toBe('User');
    expect(await codeOf('setSmsFactors', { enabled: true }, tokens.accessToken)).toBe('done');
    expect(await heard()).toEqual(before);
    expect(await offeredAfterPassword(person)).toEqual(['PHONE_CODE', 'BACKUP_CODE']);
  });

  test.each([
    ['setPhoneSecondFactor', false, 'A sign-in method was removed'],
    ['setPhoneSecondFactor', true, 'A sign-in method was added'],
    ['setSmsFactors', false, 'A sign-in method was removed'],
    ['setSmsFactors', true, 'A sign-in method was added'],
  ])('%s to %s sends the user the notice «%s»', async (field, enabled, subject) => {
    const person = await client.signUp();
    const { accessToken } = (await client.enrollTotp(person.accessToken)).tokens;
    const { id } = await client.enrollPhone(accessToken, newNumber(), !enabled);
    if (enabled) await codeOf(field, { id, enabled: false }, accessToken);
    const before = (await client.inbox()).filter((one) => one.to === person.email).length;
    await codeOf(field, { id, enabled }, accessToken);
    const messages = (await client.inbox()).filter((one) => one.to === person.email);
    expect(messages).toHaveLength(before + 1);
    expect(messages[0]?.subject).toBe(subject);
  });

  test('switching text messages off sends no notice to a user without a number', async () => {
    const person = await client.signUp();
    const before = (await client.inbox()).filter((one) => one.to === person.email).length;
    expect(await codeOf('setSmsFactors', { enabled: false }, person.accessToken)).toBe('done');
    expect((await client.inbox()).filter((one) => one.to === person.email)).toHaveLength(before);
  });

  test('does not find an unverified number or one of another user', async () => {
    const [person, other] = [await client.signUp(), await client.signUp()];
    const totp = await client.enrollTotp(person.accessToken);
    const token = totp.tokens.accessToken;
    const theirs = await client.enrollPhone(other.accessToken, newNumber());
    const pending = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber: newNumber() }, token);
    const unproved = pending.factors[0]?.authenticatorId;
    for (const id of [theirs.id, unproved, randomUUID(), 'x'])
      expect(await codeOf('setPhoneSecondFactor', { id, enabled: true }, token)).toBe('NOT_FOUND');
  });
});

describe('a phone number as the first factor', () => {
  test('is not available unless the tenant allows it, but the number with the password signs in', async () => {
    const person = await client.signUp();
    const number = newNumber();
    await client.enrollPhone(person.accessToken, number, false);
    const started = await client.startSignIn({ identifier: number });
    expect(started.factors.map((one) => one.factor)).toEqual(['PASSWORD', 'PASSKEY']);
    expect((await client.prepare(started.id, 'PHONE_CODE')).code).toBe('FACTOR_NOT_OFFERED');
    expect((await client.attempt(started.id, { password: PASSWORD })).status).toBe('COMPLETE');
    const reset = await client.startPasswordReset({ identifier: number });
    expect(reset.factors).toEqual([]);
  });

  test('signs in if the tenant allows it, by code or link, at AAL1 only', async () => {
    const person = await signUpIn('any');
    const number = newNumber();
    await client.enrollPhone(person.accessToken, number, false);
    for (const factor of ['PHONE_CODE', 'PHONE_LINK']) {
      app.clock.advance(31);
      const started = await client.startSignIn({ identifier: number, tenant: 'any' });
      expect(started.factors.map((one) => one.factor)).toEqual([
        'PASSWORD',
        'PHONE_CODE',
        'PHONE_LINK',
        'PASSKEY',
      ]);
      expect(started.factors.every((one) => one.hint === null)).toBe(true);
      await client.prepare(started.id, factor);
      if (factor === 'PHONE_LINK') await client.approve(await client.linkFor(number));
      const done = await client.attempt(
        started.id,
        factor === 'PHONE_LINK' ? { linkApproved: true } : { phoneCode: await client.codeFor(number) },
      );
      expect(done.status).toBe('COMPLETE');
      const { data } = await client.graphql(
        '{ viewer { assurance { level } } }',
        {},
        done.session?.accessToken,
      );
      expect(data.viewer.assurance.level).toBe('AAL1');
      expect(await guarded(done.session?.accessToken ?? '')).toBe('ENROLLMENT_REQUIRED');
    }
  });

  test('taken over by a SIM swap does not pass a second factor, with or without the password', async () => {
    const person = await signUpIn('any');
    const number = newNumber();
    const phone = await client.enrollPhone(person.accessToken, number, false);
    await client.enrollTotp(phone.tokens.accessToken);
    app.clock.advance(31);
    const { id } = await client.startSignIn({ identifier: number, tenant: 'any' });
    await client.prepare(id, 'PHONE_CODE');
    const first = await client.attempt(id, { phoneCode: await client.codeFor(number) });
    expect(first.status).toBe('NEEDS_SECOND_FACTOR');
    const second = await client.attempt(id, { password: PASSWORD });
    expect(second).toMatchObject({ status: 'NEEDS_SECOND_FACTOR', session: null });
    expect(second.factors.map((one) => one.factor)).toEqual(['TOTP', 'BACKUP_CODE']);
  });

  test('that is also the second factor is followed by the password, and not asked for twice', async () => {
    const person = await signUpIn('any');
    const number = newNumber();
    await client.enrollPhone(person.accessToken, number);
    app.clock.advance(31);
    const { id } = await client.startSignIn({ identifier: number, tenant: 'any' });
    await client.prepare(id, 'PHONE_CODE');
    const first = await client.attempt(id, { phoneCode: await client.codeFor(number) });
    expect(first.status).toBe('NEEDS_SECOND_FACTOR');
    expect(first.factors.map((one) => one.factor)).toEqual(['PASSWORD', 'EMAIL_CODE', 'EMAIL_LINK']);
    const done = await client.attempt(id, { password: PASSWORD });
    expect(done.status).toBe('COMPLETE');
    expect(await guarded(done.session?.accessToken ?? '')).toBeUndefined();
  });

  test('resets a password only together with a factor of another category', async () => {
    const person = await signUpIn('any');
    const number = newNumber();
    await client.enrollPhone(person.accessToken, number, false);
    app.clock.advance(31);
    const { id } = await client.startPasswordReset({ identifier: number, tenant: 'any' });
    await client.prepare(id, 'PHONE_CODE');
    const first = await client.attempt(id, { phoneCode: await client.codeFor(number) });
    expect(first.status).toBe('NEEDS_SECOND_FACTOR');
    expect(first.factors.map((one) => one.factor)).toEqual(['EMAIL_CODE', 'EMAIL_LINK']);
    expect((await client.chooseNewPassword(id, 'a new battery staple')).code).toBe('NEW_PASSWORD_NOT_DUE');
    await client.prepare(id, 'EMAIL_CODE');
    const second = await client.attempt(id, { emailCode: await client.codeFor(person.email) });
    expect(second.status).toBe('NEEDS_NEW_PASSWORD');
  });

  test('steps up only together with a factor of another category', async () => {
    const person = await signUpIn('any');
    const number = newNumber();
    await client.enrollPhone(person.accessToken, number, false);
    app.clock.advance(31);
    const started = await client.startSignIn({ identifier: number, tenant: 'any' });
    await client.prepare(started.id, 'PHONE_CODE');
    const done = await client.attempt(started.id, { phoneCode: await client.codeFor(number) });
    const token = done.session?.accessToken ?? '';
    const { secret } = await client.enrollTotp(person.accessToken);
    app.clock.advance(30);
    expect(await guarded(token)).toBe('STEP_UP_REQUIRED');
    const stepUp = await client.startStepUp({}, token);
    const first = await client.attempt(stepUp.id, { totp: client.totp(secret) }, token);
    expect(first.status).toBe('NEEDS_PROOF');
    expect(first.factors.map((one) => one.factor)).toEqual(['PASSWORD', 'EMAIL_CODE', 'EMAIL_LINK']);
    expect(await guarded(token)).toBe('STEP_UP_REQUIRED');
    const second = await client.attempt(stepUp.id, { password: PASSWORD }, token);
    expect(second.status).toBe('COMPLETE');
    expect(await guarded(second.session?.accessToken ?? '')).toBeUndefined();
  });

  test('gets the same response if no account has it, and no message is sent', async () => {
    const before = (await client.inbox()).length;
    const started = await client.startSignIn({ identifier: newNumber(), tenant: 'any' });
    expect(started.factors.map((one) => one.factor)).toEqual([
      'PASSWORD',
      'PHONE_CODE',
      'PHONE_LINK',
      'PASSKEY',
    ]);
    const prepared = await client.prepare(started.id, 'PHONE_CODE');
    expect(prepared.challenge).toMatchObject({ factor: 'PHONE_CODE', hint: null });
    expect((await client.attempt(started.id, { phoneCode: '123456' })).code).toBe('PROOF_REJECTED');
    expect(await client.inbox()).toHaveLength(before);
  });
});

describe('text messages turned off', () => {
  test('by the tenant: numbers cannot be added, and existing ones no longer count', async () => {
    const person = await signUpIn('none');
    const step = await client.startEnrollment(
      { factor: 'PHONE_CODE', phoneNumber: newNumber() },
      person.accessToken,
    );
    expect(step.code).toBe('FACTOR_NOT_ENROLLABLE');
    const { data } = await client.graphql(
      '{ settings(tenant: "none") { firstFactors secondFactors enrollableFactors phoneCountries } }',
    );
    expect(data.settings).toEqual({
      firstFactors: ['PASSWORD', 'EMAIL_CODE', 'EMAIL_LINK', 'PASSKEY'],
      secondFactors: ['PASSKEY', 'TOTP', 'DEVICE_APPROVAL', 'BACKUP_CODE'],
      enrollableFactors: ['PASSKEY', 'TOTP', 'DEVICE_APPROVAL'],
      phoneCountries: [],
    });
  });

  test('by the instance: numbers are not offered, and backup codes replace them', async () => {
    const person = await client.signUp();
    const { backupCodes } = await client.enrollPhone(person.accessToken, newNumber());
    const off = await startTestApp({ SMS: 'off' }, app.databaseUrl);
    try {
      const elsewhere = new TestClient(off);
      const { id } = await elsewhere.startSignIn({ identifier: person.email });
      const step = await elsewhere.attempt(id, { password: PASSWORD });
      expect(step.factors.map((one) => one.factor)).toEqual(['BACKUP_CODE']);
      expect((await elsewhere.attempt(id, { backupCode: backupCodes[0] })).status).toBe('COMPLETE');
    } finally {
      await off[Symbol.asyncDispose]();
    }
  });

  test('by the user: no message is sent in any role, and others cannot tell', async () => {
    const person = await signUpIn('any');
    const number = newNumber();
    const { tokens } = await client.enrollPhone(person.accessToken, number);
    expect(await codeOf('setSmsFactors', { enabled: false }, tokens.accessToken)).toBe('done');
    // It was their only second factor, and they have removed it.
    expect(await guarded(tokens.accessToken)).toBe('ENROLLMENT_REQUIRED');
    expect(await offeredAfterPassword(person, 'any')).toEqual([]);
    const before = (await client.inbox()).filter((one) => one.to === number).length;
    const started = await client.startSignIn({ identifier: number, tenant: 'any' });
    expect(started.factors.map((one) => one.factor)).toEqual([
      'PASSWORD',
      'PHONE_CODE',
      'PHONE_LINK',
      'PASSKEY',
    ]);
    expect((await client.prepare(started.id, 'PHONE_CODE')).challenge).not.toBeNull();
    expect((await client.inbox()).filter((one) => one.to === number)).toHaveLength(before);
    const added = await client.startEnrollment(
      { factor: 'PHONE_CODE', phoneNumber: newNumber() },
      tokens.accessToken,
    );
    expect(added.code ?? added.status).not.toBe('NEEDS_ENROLLMENT');
  });

  test('by a user whose only second factor it was can be turned on again with a fresh first factor', async () => {
    const person = await client.signUp();
    const number = newNumber();
    const { id, tokens } = await client.enrollPhone(person.accessToken, number);
    // A user with a second factor must prove it.
    app.clock.advance(601);
    for (const enabled of [false, true]) {
      expect(await codeOf('setSmsFactors', { enabled }, tokens.accessToken)).toBe('STEP_UP_REQUIRED');
    }
    const stepUp = await client.startStepUp({}, tokens.accessToken);
    await client.prepare(stepUp.id, 'PHONE_CODE', tokens.accessToken, id);
    const proof = { phoneCode: await client.codeFor(number) };
    const { accessToken } = tokensOf(await client.attempt(stepUp.id, proof, tokens.accessToken));
    expect(await codeOf('setSmsFactors', { enabled: false }, accessToken)).toBe('done');

    expect(await codeOf('setSmsFactors', { enabled: true }, accessToken)).toBe('STEP_UP_REQUIRED');
    const fresh = (await client.signIn(person)).accessToken;
    expect(await codeOf('setSmsFactors', { enabled: true }, fresh)).toBe('done');
    expect(await offeredAfterPassword(person)).toEqual([]);
    const again = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumberId: id }, fresh);
    await client.prepare(again.id, 'PHONE_CODE', fresh);
    const done = await client.attempt(again.id, { phoneCode: await client.codeFor(number) }, fresh);
    expect(done).toMatchObject({ status: 'COMPLETE', backupCodes: { length: 10 } });
    expect(await offeredAfterPassword(person)).toEqual(['PHONE_CODE', 'BACKUP_CODE']);
  });

  test('by the instance or the tenant does not make a password enough: without a backup code, an administrator must help', async () => {
    const person = await client.signUp();
    const { tokens } = await client.enrollPhone(person.accessToken, newNumber());
    await query(
      app.databaseUrl,
      'delete from backup_code b using email_address e where e.user_id = b.user_id and e.address = $1',
      [person.email],
    );
    const off = await startTestApp({ SMS: 'off' }, app.databaseUrl);
    try {
      off.clock.advance((app.clock.now().getTime() - off.clock.now().getTime()) / 1000);
      const elsewhere = new TestClient(off);
      const { id } = await elsewhere.startSignIn({ identifier: person.email });
      const step = await elsewhere.attempt(id, { password: PASSWORD });
      expect(step).toMatchObject({
        status: 'NEEDS_SECOND_FACTOR',
        factors: [],
        remedy: 'ADMINISTRATOR',
        session: null,
      });
      const reset = await elsewhere.startPasswordReset({ identifier: person.email });
      await elsewhere.prepare(reset.id, 'EMAIL_CODE');
      const proved = await elsewhere.attempt(reset.id, { emailCode: await elsewhere.codeFor(person.email) });
      expect(proved).toMatchObject({ status: 'NEEDS_SECOND_FACTOR', factors: [], remedy: 'ADMINISTRATOR' });
      const enroll = await elsewhere.startEnrollment({ factor: 'TOTP' }, tokens.accessToken);
      expect(enroll.status).toBe('NEEDS_ENROLLMENT'); // this session has just proved the number
    } finally {
      await off[Symbol.asyncDispose]();
    }
  });

  test('for a country: its numbers get no more messages', async () => {
    const person = await client.signUp();
    await client.enrollPhone(person.accessToken, '+16135550123');
    const canadaless = await startTestApp({ SMS_COUNTRIES: 'US' }, app.databaseUrl);
    try {
      const elsewhere = new TestClient(canadaless);
      const { id } = await elsewhere.startSignIn({ identifier: person.email });
      const step = await elsewhere.attempt(id, { password: PASSWORD });
      expect(step.factors.map((one) => one.factor)).toEqual(['BACKUP_CODE']);
    } finally {
      await canadaless[Symbol.asyncDispose]();
    }
  });
});

describe('to limit SMS pumping,', () => {
  test('a number gets a limited number of messages per hour, across all workflows', async () => {
    const limited = await startTestApp({ SMS_PER_NUMBER_HOURLY: '3' });
    try {
      const elsewhere = new TestClient(limited);
      await query(limited.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
      const person = await elsewhere.signUp();
      const number = newNumber();
      await elsewhere.enrollPhone(person.accessToken, number, false);
      const codes: (string | undefined)[] = [];
      for (let asked = 0; asked < 4; asked += 1) {
        const { id } = await elsewhere.startSignIn({ identifier: number });
        const step = await elsewhere.prepare(id, 'PHONE_CODE');
        codes.push(step.code);
        if (step.code !== undefined) expect(step.retryAfterSeconds).toBeGreaterThan(3000);
      }
      expect(codes).toEqual([undefined, undefined, 'TOO_MANY_MESSAGES', 'TOO_MANY_MESSAGES']);
      expect((await elsewhere.inbox()).filter((one) => one.to === number)).toHaveLength(3);
    } finally {
      await limited[Symbol.asyncDispose]();
    }
  });

  test('an unknown number has the same limit, so that the limit does not reveal accounts', async () => {
    const limited = await startTestApp({ SMS_PER_NUMBER_HOURLY: '2', MAIL_PER_ADDRESS_HOURLY: '3' });
    try {
      const elsewhere = new TestClient(limited);
      await query(limited.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
      const asked = async (identifier: string, factor: string): Promise<(string | undefined)[]> => {
        const codes: (string | undefined)[] = [];
        for (let times = 0; times < 4; times += 1) {
          const { id } = await elsewhere.startSignIn({ identifier });
          codes.push((await elsewhere.prepare(id, factor)).code);
        }
        return codes;
      };
      const flooded = 'TOO_MANY_MESSAGES';
      expect(await asked(newNumber(), 'PHONE_CODE')).toEqual([undefined, undefined, flooded, flooded]);
      // Sign-ups count for an address, whether it has an account or not.
      const [taken, free] = [(await elsewhere.signUp()).email, `${randomUUID()}@example.com`];
      await elsewhere.startSignUp({ email: free, password: PASSWORD });
      for (const email of [taken, free]) await elsewhere.startSignUp({ email, password: PASSWORD });
      expect(await asked(taken, 'EMAIL_CODE')).toEqual(await asked(free, 'EMAIL_CODE'));
    } finally {
      await limited[Symbol.asyncDispose]();
    }
  });
});

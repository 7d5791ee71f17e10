// Password reset: what must be proved before a new password takes effect, and what an attacker may try instead.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const NEW_PASSWORD = 'quite another battery staple';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Protected extends Person {
  readonly secret: string;
  readonly backupCodes: readonly string[];
}

async function withTotp(): Promise<Protected> {
  const person = await client.signUp();
  const { secret, backupCodes, tokens } = await client.enrollTotp(person.accessToken);
  app.clock.advance(30);
  return { ...person, ...tokens, secret, backupCodes };
}

/** A TOTP code of an unused time step. */
function totp({ secret }: Protected): string {
  app.clock.advance(60);
  return client.totp(secret);
}

async function proveMailbox({ email }: { email: string }): Promise<Step> {
  const { id } = await client.startPasswordReset({ identifier: email });
  await client.prepare(id, 'EMAIL_CODE');
  return client.attempt(id, { emailCode: await client.codeFor(email) });
}

async function storedPassword(email: string): Promise<string> {
  const [row] = await query<{ secret: string }>(
    app.databaseUrl,
    `select a.secret from authenticator a join email_address e using (user_id)
     where e.address = $1 and a.factor = 'PASSWORD'`,
    [email],
  );
  return row?.secret ?? '';
}

/** Whether this password is accepted as a first factor. */
async function accepts(email: string, password: string): Promise<boolean> {
  const { id } = await client.startSignIn({ identifier: email });
  return (await client.attempt(id, { password })).code === undefined;
}

describe('a password reset of a user without a second factor', () => {
  test('needs a code by email and a new password, and does not sign in', async () => {
    const person = await client.signUp();
    const proved = await proveMailbox(person);
    expect(proved).toMatchObject({ status: 'NEEDS_NEW_PASSWORD', factors: [], remedy: null });
    const done = await client.chooseNewPassword(proved.id, NEW_PASSWORD);
    expect(done).toMatchObject({ __typename: 'PasswordReset', status: 'COMPLETE' });
    expect(JSON.stringify(done)).not.toContain('accessToken');
    expect(await accepts(person.email, NEW_PASSWORD)).toBe(true);
    expect(await accepts(person.email, PASSWORD)).toBe(false);
  });

  test('can use a link instead, approved on any device', async () => {
    const person = await client.signUp();
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_LINK');
    await client.approve(await client.linkFor(person.email));
    expect((await client.attempt(id, { linkApproved: true })).status).toBe('NEEDS_NEW_PASSWORD');
    expect((await client.chooseNewPassword(id, NEW_PASSWORD)).status).toBe('COMPLETE');
    expect(await accepts(person.email, NEW_PASSWORD)).toBe(true);
  });
});

describe('a password reset of a user with a second factor', () => {
  test.each([
    ['the authenticator app', (person: Protected) => ({ totp: totp(person) })],
    ['a backup code', (person: Protected) => ({ backupCode: person.backupCodes[0] })],
  ])('needs %s before anything changes', async (_what, proof) => {
    const person = await withTotp();
    const before = await storedPassword(person.email);
    const proved = await proveMailbox(person);
    expect(proved.status).toBe('NEEDS_SECOND_FACTOR');
    expect(proved.factors.map((one) => one.factor)).toEqual(['TOTP', 'BACKUP_CODE']);
    const early = await client.chooseNewPassword(proved.id, NEW_PASSWORD);
    expect(early.code).toBe('NEW_PASSWORD_NOT_DUE');
    expect(await storedPassword(person.email)).toBe(before);

    expect((await client.attempt(proved.id, proof(person))).status).toBe('NEEDS_NEW_PASSWORD');
    expect(await storedPassword(person.email)).toBe(before);
    expect((await client.chooseNewPassword(proved.id, NEW_PASSWORD)).status).toBe('COMPLETE');
    expect(await storedPassword(person.email)).not.toBe(before);
  });

  test('who has lost all of them can only be helped by an administrator', async () => {
    const person = await withTotp();
    const proved = await proveMailbox(person);
    expect(proved.remedy).toBe('ADMINISTRATOR');
    for (const proof of [{ password: PASSWORD }, { emailCode: '123456' }, { phoneCode: '123456' }]) {
      expect((await client.attempt(proved.id, proof)).code).toBe('FACTOR_NOT_OFFERED');
    }
    for (const factor of ['EMAIL_CODE', 'EMAIL_LINK', 'PHONE_CODE', 'PHONE_LINK'])
      expect((await client.prepare(proved.id, factor)).code).toBe('FACTOR_NOT_OFFERED');
    expect((await client.chooseNewPassword(proved.id, NEW_PASSWORD)).code).toBe('NEW_PASSWORD_NOT_DUE');
  });

  test('that was enrolled during the reset needs that factor first, and the password does not change', async () => {
    const person = await client.signUp();
    const proved = await proveMailbox(person);
    expect(proved.status).toBe('NEEDS_NEW_PASSWORD');
    const { secret } = await client.enrollTotp(person.accessToken);
    const before = await storedPassword(person.email);
    const asked = await client.chooseNewPassword(proved.id, NEW_PASSWORD);
    expect(asked).toMatchObject({ __typename: 'PasswordReset', status: 'NEEDS_SECOND_FACTOR' });
    expect(asked.factors.map((one) => one.factor)).toEqual(['TOTP', 'BACKUP_CODE']);
    expect((await client.chooseNewPassword(proved.id, NEW_PASSWORD)).code).toBe('NEW_PASSWORD_NOT_DUE');
    expect(await storedPassword(person.email)).toBe(before);
    app.clock.advance(60);
    expect((await client.attempt(proved.id, { totp: client.totp(secret) })).status).toBe(
      'NEEDS_NEW_PASSWORD',
    );
    expect((await client.chooseNewPassword(proved.id, NEW_PASSWORD)).status).toBe('COMPLETE');
    expect(await storedPassword(person.email)).not.toBe(before);
  });
});

describe('a password reset starts with exactly the factors that send to the identifier, never with a password', () => {
  const NUMBER = '+14155550199';

  beforeAll(async () => {
    await query(
      app.databaseUrl,
      "insert into tenant (id, sms, created_at) values ('any', 'ANY_FACTOR', now())",
    );
  });

  const offeredFor = async (identifier: string, tenant: string): Promise<string[]> =>
    (await client.startPasswordReset({ identifier, tenant })).factors.map((one) => one.factor);

  test.each([
    ['default', 'by-mail@example.com', ['EMAIL_CODE', 'EMAIL_LINK']],
    ['any', 'by-mail@example.com', ['EMAIL_CODE', 'EMAIL_LINK']],
    ['default', NUMBER, []],
    ['any', NUMBER, ['PHONE_CODE', 'PHONE_LINK']],
  ])('in the tenant %s for %s, whether or not it has an account', async (tenant, identifier, factors) => {
    expect(await offeredFor(identifier, tenant)).toEqual(factors);
  });

  test('with and without a second factor, and then offers exactly the factors that add a category, but no password', async () => {
    const email = 'phone-and-app@example.com';
    const signUp = await client.startSignUp({ email, password: PASSWORD, tenant: 'any' });
    const done = await client.attempt(signUp.id, { emailCode: await client.codeFor(email) });
    const phone = await client.enrollPhone(done.session?.accessToken ?? '', NUMBER, false);
    expect(await offeredFor(email, 'any')).toEqual(['EMAIL_CODE', 'EMAIL_LINK']);
    await client.enrollTotp(phone.tokens.accessToken);
    for (const identifier of [email, NUMBER]) {
      app.clock.advance(60);
      const { id, factors } = await client.startPasswordReset({ identifier, tenant: 'any' });
      expect(factors.map((one) => one.factor)).not.toContain('PASSWORD');
      expect(await client.attempt(id, { password: PASSWORD })).toMatchObject({ code: 'FACTOR_NOT_OFFERED' });
      const kind = identifier === NUMBER ? 'PHONE_CODE' : 'EMAIL_CODE';
      await client.prepare(id, kind);
      const code = await client.codeFor(identifier);
      const proof = kind === 'PHONE_CODE' ? { phoneCode: code } : { emailCode: code };
      const proved = await client.attempt(id, proof);
      expect(proved.status).toBe('NEEDS_SECOND_FACTOR');
      const others = kind === 'PHONE_CODE' ? ['EMAIL_CODE', 'EMAIL_LINK'] : [];
      expect(proved.factors.map((one) => one.factor)).toEqual(['TOTP', 'BACKUP_CODE', ...others]);
    }
  });
});

describe('in a password reset, an attacker', () => {
  test('with access to only the mailbox gains nothing from repeated proofs or workflows', async () => {
    const person = await withTotp();
    const before = await storedPassword(person.email);
    for (let round = 0; round < 3; round += 1) {
      const proved = await proveMailbox(person);
      expect((await client.chooseNewPassword(proved.id, NEW_PASSWORD)).code).toBe('NEW_PASSWORD_NOT_DUE');
      expect((await client.chooseNewPassword(proved.id, NEW_PASSWORD)).code).toBe('NEW_PASSWORD_NOT_DUE');
    }
    expect(await storedPassword(person.email)).toBe(before);
  });

  test('who mixes the steps of two workflows proves nothing in either', async () => {
    const [victim, attacker] = [await withTotp(), await withTotp()];
    const before = await storedPassword(victim.email);
    const own = await proveMailbox(attacker);
    expect((await client.attempt(own.id, { totp: totp(attacker) })).status).toBe('NEEDS_NEW_PASSWORD');
    const other = await client.startPasswordReset({ identifier: victim.email });
    expect((await client.chooseNewPassword(other.id, NEW_PASSWORD)).code).toBe('NEW_PASSWORD_NOT_DUE');
    // The code of a reset used in a sign-in, and in another reset.
    await client.prepare(other.id, 'EMAIL_CODE');
    const code = await client.codeFor(victim.email);
    const signIn = await client.startSignIn({ identifier: victim.email });
    await client.prepare(signIn.id, 'EMAIL_CODE');
    const mails = (await client.inbox()).filter((one) => one.to === victim.email);
    expect(mails.length).toBeGreaterThan(1);
    expect((await client.attempt(signIn.id, { emailCode: code })).code).toBe('PROOF_REJECTED');
    const again = await client.startPasswordReset({ identifier: victim.email });
    await client.prepare(again.id, 'EMAIL_CODE');
    expect((await client.attempt(again.id, { emailCode: code })).code).toBe('PROOF_REJECTED');
    // The attacker's second factor with the victim's mailbox.
    const proved = await proveMailbox(victim);
    expect((await client.attempt(proved.id, { totp: client.totp(attacker.secret, 1) })).code).toBe(
      'PROOF_REJECTED',
    );
    expect(await storedPassword(victim.email)).toBe(before);
    expect(await accepts(victim.email, PASSWORD)).toBe(true);
  });

  test('who has started a sign-in with the old password finds it ended by the new one', async () => {
    const person = await withTotp();
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await client.attempt(id, { password: PASSWORD })).status).toBe('NEEDS_SECOND_FACTOR');
    const proved = await proveMailbox(person);
    await client.attempt(proved.id, { totp: totp(person) });
    await client.chooseNewPassword(proved.id, NEW_PASSWORD);
    expect((await client.attempt(id, { totp: totp(person) })).code).toBe('WORKFLOW_EXPIRED');
  });

  test('who sends ten new passwords in parallel in one workflow sets only one', async () => {
    const person = await client.signUp();
    const proved = await proveMailbox(person);
    const choices = Array.from({ length: 10 }, (_, at) => `chosen password number ${at}`);
    const steps = await Promise.all(choices.map((choice) => client.chooseNewPassword(proved.id, choice)));
    const won = choices.filter((_, at) => steps[at]?.status === 'COMPLETE');
    expect(won).toHaveLength(1);
    for (const choice of choices) expect(await accepts(person.email, choice)).toBe(choice === won[0]);
  });

  test('with two resets that are ready can complete only one, which ends the other', async () => {
    const person = await client.signUp();
    const [one, other] = [await proveMailbox(person), await proveMailbox(person)];
    expect(other.status).toBe('NEEDS_NEW_PASSWORD');
    await client.chooseNewPassword(one.id, NEW_PASSWORD);
    expect((await client.chooseNewPassword(other.id, 'the attacker’s password')).code).toBe(
      'WORKFLOW_EXPIRED',
    );
    expect(await accepts(person.email, NEW_PASSWORD)).toBe(true);
  });

  test('who completes two resets in parallel causes no deadlock and completes only one', async () => {
    const person = await client.signUp();
    const ready = [await proveMailbox(person), await proveMailbox(person), await proveMailbox(person)];
    const steps = await Promise.all(
      ready.map(({ id }, at) => client.chooseNewPassword(id, `parallel password ${at}`)),
    );
    expect(steps.filter((step) => step.status === 'COMPLETE')).toHaveLength(1);
    for (const { status, code } of steps) {
      if (status !== 'COMPLETE') expect(['CONFLICT', 'WORKFLOW_EXPIRED', 'WORKFLOW_ENDED']).toContain(code);
    }
  });

  test('who signs in with the old password while a new one is set has no session afterwards', async () => {
    const person = await client.signUp();
    const proved = await proveMailbox(person);
    const signIns = await Promise.all(
      Array.from({ length: 8 }, () => client.startSignIn({ identifier: person.email })),
    );
    const [, ...raced] = await Promise.all([
      client.chooseNewPassword(proved.id, NEW_PASSWORD),
      ...signIns.map(({ id }) => client.attempt(id, { password: PASSWORD })),
    ]);
    for (const step of raced.filter((one) => one.session != null)) {
      // The sign-in was first, so the change has ended its session.
      const { errors } = await client.graphql('{ viewer { id } }', {}, step.session?.accessToken);
      expect(errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    }
  });

  test('cannot use a workflow of another kind', async () => {
    const person = await client.signUp();
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await client.chooseNewPassword(id, NEW_PASSWORD)).code).toBe('NEW_PASSWORD_NOT_DUE');
    expect((await client.chooseNewPassword('x'.repeat(43), NEW_PASSWORD)).code).toBe('WORKFLOW_NOT_FOUND');
    expect((await client.chooseNewPassword('', NEW_PASSWORD)).code).toBe('WORKFLOW_NOT_FOUND');
  });

  test('who guesses the code of another user has five attempts, which a new code does not reset', async () => {
    const person = await client.signUp();
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_CODE');
    for (let remaining = 4; remaining >= 2; remaining -= 1)
      expect(await client.attempt(id, { emailCode: '000000' })).toMatchObject({
        attemptsRemaining: remaining,
      });
    app.clock.advance(31);
    await client.prepare(id, 'EMAIL_CODE');
    expect(await client.attempt(id, { emailCode: '000000' })).toMatchObject({ attemptsRemaining: 1 });
    expect(await client.attempt(id, { emailCode: '000000' })).toMatchObject({ attemptsRemaining: 0 });
    expect((await client.attempt(id, { emailCode: await client.codeFor(person.email) })).code).toBe(
      'WORKFLOW_ENDED',
    );
  });
});

describe('the new password of a reset', () => {
  test.each(['short', '', 'x'.repeat(257)])(
    'that the policy rejects (%j) changes nothing, and the reset continues',
    async (password) => {
      const person = await client.signUp();
      const before = await storedPassword(person.email);
      const proved = await proveMailbox(person);
      expect((await client.chooseNewPassword(proved.id, password)).code).toBe('PASSWORD_REJECTED');
      expect(await storedPassword(person.email)).toBe(before);
      expect((await client.chooseNewPassword(proved.id, NEW_PASSWORD)).status).toBe('COMPLETE');
    },
  );

  test('must meet the policy of its tenant', async () => {
    await query(
      app.databaseUrl,
      "insert into tenant (id, password_minimum_length_alone, created_at) values ('long', 20, now())",
    );
    const email = `${randomUUID()}@example.com`;
    const signUp = await client.startSignUp({
      email,
      password: 'twenty characters and more',
      tenant: 'long',
    });
    await client.attempt(signUp.id, { emailCode: await client.codeFor(email) });
    const { id } = await client.startPasswordReset({ identifier: email, tenant: 'long' });
    await client.prepare(id, 'EMAIL_CODE');
    await client.attempt(id, { emailCode: await client.codeFor(email) });
    expect((await client.chooseNewPassword(id, 'only nineteen chars')).code).toBe('PASSWORD_REJECTED');
    expect((await client.chooseNewPassword(id, 'here are twenty chars')).status).toBe('COMPLETE');
  });

  test.each([
    ['ends every session', undefined, 'UNAUTHENTICATED'],
    ['keeps the sessions if the user chooses to', { signOutOtherSessions: false }, undefined],
  ])('%s', async (_what, options, expected) => {
    const person = await client.signUp();
    const proved = await proveMailbox(person);
    await client.chooseNewPassword(proved.id, NEW_PASSWORD, options);
    const { errors } = await client.graphql('{ viewer { id } }', {}, person.accessToken);
    expect(errors[0]?.extensions.code).toBe(expected);
    const refreshed = await client.graphql(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename } }',
      { t: person.refreshToken },
    );
    expect(refreshed.data.refreshSession.__typename).toBe(
      expected === undefined ? 'SessionGrant' : 'RefreshTokenRejected',
    );
  });

  test('notifies the user, and is audited without the password', async () => {
    const person = await withTotp();
    const proved = await proveMailbox(person);
    await client.attempt(proved.id, { totp: totp(person) });
    await client.chooseNewPassword(proved.id, NEW_PASSWORD, { signOutOtherSessions: false });
    const notice = (await client.inbox()).find((one) => one.to === person.email);
    expect(notice?.subject).toMatch(/password/i);
    expect(notice?.text).not.toContain(NEW_PASSWORD);
    const events = await query<{ type: string }>(
      app.databaseUrl,
      `select a.type from audit_event a join email_address e using (user_id)
       where e.address = $1 and a.type like 'password-reset%' order by a.occurred_at`,
      [person.email],
    );
    expect(events.map((one) => one.type)).toEqual([
      'password-reset.proof-accepted',
      'password-reset.proof-accepted',
      'password-reset.complete',
    ]);
  });
});

describe('an administrator’s help before a password reset:', () => {
  test('after removing lost second factors the mailbox is enough, and the user is notified', async () => {
    const [person, helper] = [await withTotp(), await withTotp()];
    await query(
      app.databaseUrl,
      `update user_account u set roles = '["ADMIN"]' from email_address e where e.user_id = u.id and e.address = $1`,
      [helper.email],
    );
    const [user] = await query<{ user_id: string }>(
      app.databaseUrl,
      'select user_id from email_address where address = $1',
      [person.email],
    );
    const remove = 'mutation ($id: ID!) { removeSecondFactors(id: $id) { __typename ... on User { id } } }';
    const byUser = await client.graphql(remove, { id: user?.user_id }, person.accessToken);
    expect(byUser.errors[0]?.extensions.code).toBe('FORBIDDEN');
    const { data } = await client.graphql(remove, { id: user?.user_id }, helper.accessToken);
    expect(data.removeSecondFactors).toEqual({ __typename: 'User', id: user?.user_id });
    const gone = await client.graphql('{ viewer { id } }', {}, person.accessToken);
    expect(gone.errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
    const proved = await proveMailbox(person);
    expect(proved.status).toBe('NEEDS_NEW_PASSWORD');
    const unknown = await client.graphql(remove, { id: randomUUID() }, helper.accessToken);
    expect(unknown.data.removeSecondFactors.__typename).toBe('NotFound');
    const subjects = (await client.inbox()).filter((one) => one.to === person.email);
    expect(subjects.length).toBeGreaterThan(2);
  });
});

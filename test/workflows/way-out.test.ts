// A lock blocks only what can be guessed. Links and backup codes of 64 bits or more remain the way out of it. Attempts
// that are not guesses do not lock an account: a code that was never sent, a used correct code, a race.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

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

/** A user with an authenticator app and backup codes. */
async function protectedPerson(): Promise<Protected> {
  const person = await client.signUp();
  const { secret, backupCodes } = await client.enrollTotp(person.accessToken);
  app.clock.advance(31);
  return { ...person, secret, backupCodes };
}

const start = ({ email }: { email: string }): Promise<Step> => client.startSignIn({ identifier: email });
const word = ({ code, status }: Step): string => code ?? status;

/** Sends this many wrong codes, each after requesting a code, unless the request is refused. */
async function guessCodes(person: { email: string }, count: number, sends = true): Promise<string[]> {
  const answers: string[] = [];
  let workflow: Step | undefined;
  for (let failed = 0; failed < count; failed += 1) {
    if (workflow === undefined || failed % 4 === 0) {
      workflow = await start(person);
      if (sends) await client.prepare(workflow.id, 'EMAIL_CODE');
    }
    answers.push(word(await client.attempt(workflow.id, { emailCode: '000000' })));
  }
  return answers;
}

/** Sets the counter as if an attacker had guessed for days. */
async function closeCodes(person: { email: string }): Promise<void> {
  await guessCodes(person, 1);
  await query(
    app.databaseUrl,
    `update lockout set failures = 99 where counter = 'CODE' and subject =
       (select 'user:' || user_id from email_address where address = $1)`,
    [person.email],
  );
  expect(await guessCodes(person, 2)).toEqual(['PROOF_REJECTED', 'LOCKED_OUT']);
}

async function proveLink(workflow: Step, email: string): Promise<Step> {
  expect(word(await client.prepare(workflow.id, 'EMAIL_LINK'))).not.toBe('LOCKED_OUT');
  return client.attempt(workflow.id, { linkToken: await client.linkFor(email) });
}

async function failuresOf(person: { email: string }): Promise<number> {
  const [row] = await query<{ failures: string }>(
    app.databaseUrl,
    `select coalesce(sum(failures), 0) as failures from lockout where subject =
       (select 'user:' || user_id from email_address where address = $1)`,
    [person.email],
  );
  return Number(row?.failures);
}

describe('guesses at a code that was never sent', () => {
  test('count only for their workflow: after a hundred of them every factor works', async () => {
    const person = await protectedPerson();
    expect(new Set(await guessCodes(person, 100, false))).toEqual(new Set(['PROOF_REJECTED']));
    expect(await failuresOf(person)).toBe(0);
    const byCode = await start(person);
    await client.prepare(byCode.id, 'EMAIL_CODE');
    const first = await client.attempt(byCode.id, { emailCode: await client.codeFor(person.email) });
    expect(first.status).toBe('NEEDS_SECOND_FACTOR');
    expect(word(await client.attempt(byCode.id, { totp: client.totp(person.secret) }))).toBe('COMPLETE');
    const byLink = await start(person);
    expect(word(await proveLink(byLink, person.email))).toBe('NEEDS_SECOND_FACTOR');
    const [backupCode] = person.backupCodes;
    expect(word(await client.attempt(byLink.id, { backupCode }))).toBe('COMPLETE');
  });

  test('are still limited to five per workflow', async () => {
    const { id } = await start(await client.signUp());
    const answers: string[] = [];
    for (let guess = 0; guess < 7; guess += 1)
      answers.push(word(await client.attempt(id, { emailCode: '000000' })));
    expect(answers).toEqual([...Array(5).fill('PROOF_REJECTED'), 'WORKFLOW_ENDED', 'WORKFLOW_ENDED']);
  });

  test.each([
    ['has expired', () => app.clock.advance(601)],
    ['was used', async (id: string) => void (await query(app.databaseUrl, USE_UP, [id]))],
  ])('are treated the same when the code %s', async (_what, end) => {
    const person = await client.signUp();
    const { id } = await start(person);
    await client.prepare(id, 'EMAIL_CODE');
    await end(person.email);
    expect(word(await client.attempt(id, { emailCode: '000000' }))).toBe('PROOF_REJECTED');
    expect(await failuresOf(person)).toBe(0);
  });
  const USE_UP = `update challenge set consumed_at = now() where workflow_id in (
    select id from workflow where user_id = (select user_id from email_address where address = $1))`;

  test('count if the code is sent in parallel', async () => {
    const person = await client.signUp();
    const workflows = await Promise.all(Array.from({ length: 12 }, () => start(person)));
    await Promise.all(
      workflows.map(({ id }) =>
        Promise.all([client.prepare(id, 'EMAIL_CODE'), client.attempt(id, { emailCode: '000000' })]),
      ),
    );
    const answers = await Promise.all(workflows.map(({ id }) => client.attempt(id, { emailCode: '000000' })));
    expect(answers.filter(({ code }) => code === 'PROOF_REJECTED').length).toBeLessThanOrEqual(10);
    expect(await failuresOf(person)).toBe(10);
  });
});

describe.each([
  ['for a minute', async (person: Protected) => void (await guessCodes(person, 10))],
  ['permanently', closeCodes],
])('while codes are locked %s', (_how, lock) => {
  test('a user signs in with a link by email and a backup code', async () => {
    const person = await protectedPerson();
    await lock(person);
    const workflow = await start(person);
    expect(word(await client.prepare(workflow.id, 'EMAIL_CODE'))).toBe('LOCKED_OUT');
    expect(word(await proveLink(workflow, person.email))).toBe('NEEDS_SECOND_FACTOR');
    expect(word(await client.attempt(workflow.id, { totp: client.totp(person.secret) }))).toBe('LOCKED_OUT');
    const [backupCode] = person.backupCodes;
    const done = await client.attempt(workflow.id, { backupCode });
    expect(done.status).toBe('COMPLETE');
    expect(done.session?.accessToken).toBeTruthy();
  });

  test('a password reset with a link and a backup code completes and lifts the lock', async () => {
    const person = await protectedPerson();
    await lock(person);
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_LINK');
    await client.approve(await client.linkFor(person.email));
    expect(word(await client.attempt(id, { linkApproved: true }))).toBe('NEEDS_SECOND_FACTOR');
    const [, backupCode] = person.backupCodes;
    expect(word(await client.attempt(id, { backupCode }))).toBe('NEEDS_NEW_PASSWORD');
    expect(word(await client.chooseNewPassword(id, 'a new battery staple'))).toBe('COMPLETE');
    app.clock.advance(31);
    expect(await guessCodes(person, 1)).toEqual(['PROOF_REJECTED']);
  });

  test('wrong links and backup codes use up the attempts of their workflow, and lock nothing else', async () => {
    const person = await protectedPerson();
    await lock(person);
    const failures = await failuresOf(person);
    const { id } = await start(person);
    await client.prepare(id, 'EMAIL_LINK');
    const answers = [
      await client.attempt(id, { linkToken: 'x'.repeat(43) }),
      await client.attempt(id, { linkToken: await client.linkFor(person.email) }),
    ];
    for (let guess = 0; guess < 5; guess += 1)
      answers.push(await client.attempt(id, { backupCode: '0000-0000-0000-0000' }));
    expect(answers.map(word)).toEqual([
      'PROOF_REJECTED',
      'NEEDS_SECOND_FACTOR',
      ...Array(4).fill('PROOF_REJECTED'),
      'WORKFLOW_ENDED',
    ]);
    expect(await failuresOf(person)).toBe(failures);
  });
});

describe('backup codes of fewer than 64 bits', () => {
  async function withShortCodes(): Promise<Protected> {
    const person = await protectedPerson();
    await query(
      app.databaseUrl,
      `update backup_code set guessable = true where user_id = (select user_id from email_address where address = $1)`,
      [person.email],
    );
    return person;
  }

  test('are counted and locked like other codes', async () => {
    const person = await withShortCodes();
    let rejected = 0;
    let last = '';
    for (let workflows = 0; workflows < 4; workflows += 1) {
      const { id } = await start(person);
      await client.attempt(id, { password: person.password });
      for (let guess = 0; guess < 4; guess += 1) {
        last = word(await client.attempt(id, { backupCode: '123456' }));
        if (last === 'PROOF_REJECTED') rejected += 1;
      }
    }
    expect([rejected, last]).toEqual([10, 'LOCKED_OUT']);
  });

  test('do not reveal by a lock that a user has them, before anything is proved', async () => {
    const person = await withShortCodes();
    await guessCodes(person, 10);
    const nobody = { email: 'nobody-with-codes@example.com' };
    await guessCodes(nobody, 10);
    for (const proof of [{ backupCode: '123456' }, { totp: '000000' }]) {
      const [one, other] = [await start(person), await start(nobody)];
      expect(word(await client.attempt(one.id, proof))).toBe('FACTOR_NOT_OFFERED');
      expect(word(await client.attempt(other.id, proof))).toBe('FACTOR_NOT_OFFERED');
    }
  });
});

describe('a lock that starts during a workflow', () => {
  test('blocks a new password after a proved code until the lock ends', async () => {
    const person = await client.signUp();
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_CODE');
    await client.attempt(id, { emailCode: await client.codeFor(person.email) });
    await guessCodes(person, 10);
    const refused = await client.chooseNewPassword(id, 'a new battery staple');
    expect(refused).toMatchObject({ code: 'LOCKED_OUT', retryAfterSeconds: expect.any(Number) });
    app.clock.advance(61);
    expect(word(await client.chooseNewPassword(id, 'a new battery staple'))).toBe('COMPLETE');
  });

  test('blocks a session after a proved password', async () => {
    const person = await protectedPerson();
    const { id } = await start(person);
    await client.attempt(id, { password: person.password });
    for (let guess = 0; guess < 10; guess += 1) {
      const { id: other } = await start(person);
      await client.attempt(other, { password: 'wrong' });
    }
    for (const proof of [{ totp: client.totp(person.secret) }, { backupCode: person.backupCodes[0] }])
      expect(word(await client.attempt(id, proof))).toBe('LOCKED_OUT');
    app.clock.advance(61);
    // The refusal has cost no attempt.
    expect(word(await client.attempt(id, { backupCode: person.backupCodes[0] }))).toBe('COMPLETE');
  });

  test('does not affect what was proved with a link', async () => {
    const person = await client.signUp();
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_LINK');
    await client.attempt(id, { linkToken: await client.linkFor(person.email) });
    await closeCodes(person);
    expect(word(await client.chooseNewPassword(id, 'a new battery staple'))).toBe('COMPLETE');
  });
});

describe('a correct code', () => {
  test('that is sent 30 times in parallel signs in once, without a lock', async () => {
    const person = await protectedPerson();
    const workflows = await Promise.all(Array.from({ length: 30 }, () => start(person)));
    for (const { id } of workflows) await client.attempt(id, { password: person.password });
    const totp = client.totp(person.secret);
    const answers = await Promise.all(workflows.map(({ id }) => client.attempt(id, { totp })));
    expect(answers.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    expect(await failuresOf(person)).toBe(0);
    app.clock.advance(31);
    const { id } = await start(person);
    await client.attempt(id, { password: person.password });
    expect(word(await client.attempt(id, { totp: client.totp(person.secret) }))).toBe('COMPLETE');
  });

  test('that was used before is rejected and costs an attempt, but does not count as a guess', async () => {
    const person = await protectedPerson();
    const totp = client.totp(person.secret);
    await client.signIn(person, { totp });
    for (let replay = 0; replay < 12; replay += 1) {
      const { id } = await start(person);
      await client.attempt(id, { password: person.password });
      expect(await client.attempt(id, { totp })).toMatchObject({
        code: 'PROOF_REJECTED',
        attemptsRemaining: 4,
      });
    }
    expect(await failuresOf(person)).toBe(0);
  });

  test('that loses to a parallel request costs no attempt', async () => {
    const person = await protectedPerson();
    const [one, other] = [await start(person), await start(person)];
    for (const { id } of [one, other]) await client.attempt(id, { password: person.password });
    const totp = client.totp(person.secret);
    const answers = await Promise.all([one, other].map(({ id }) => client.attempt(id, { totp })));
    expect(answers.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    const rows = await query<{ attempts: number }>(
      app.databaseUrl,
      `select attempts from workflow where user_id = (select user_id from email_address where address = $1)
       order by created_at desc limit 2`,
      [person.email],
    );
    const lost = answers.some(({ code }) => code === 'CONFLICT') ? 0 : 1;
    expect(rows.reduce((sum, { attempts }) => sum + attempts, 0)).toBe(lost);
  });
});

// Guessing: in parallel, across many workflows, and mixed with correct proofs. Passwords and codes are counted
// separately, and a known device has its own counters, so that an attacker cannot lock the owner out (ASVS 6.1.1).
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { digestOfCode } from '../../src/factors/challenge.ts';
import { digest } from '../../src/platform/digest.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function signInOf(person: { email: string }, device?: string): Promise<Step> {
  return client.startSignIn({ identifier: person.email }, device);
}

const WRONG_PASSWORD = { password: 'wrong' };
const WRONG_CODE = { emailCode: '000000' };
const COUNTERS = [
  { counter: 'PASSWORD', wrong: WRONG_PASSWORD },
  { counter: 'CODE', wrong: WRONG_CODE },
] as const;

/** Starts a sign-in in which such a proof is a guess: a code has been sent, unless codes are locked. */
async function guessable(person: { email: string }, wrong: object, device?: string): Promise<Step> {
  const workflow = await signInOf(person, device);
  if ('emailCode' in wrong) await client.prepare(workflow.id, 'EMAIL_CODE');
  return workflow;
}

/** Sends this many wrong proofs in a row, four per workflow. */
async function failures(
  person: { email: string },
  count: number,
  wrong: object = WRONG_PASSWORD,
  device?: string,
): Promise<Step[]> {
  const answers: Step[] = [];
  let workflow: Step | undefined;
  for (let failed = 0; failed < count; failed += 1) {
    if (workflow === undefined || failed % 4 === 0) workflow = await guessable(person, wrong, device);
    answers.push(await client.attempt(workflow.id, wrong));
  }
  return answers;
}

async function tryPassword(person: Person, device?: string): Promise<string> {
  const { id } = await signInOf(person, device);
  const step = await client.attempt(id, { password: person.password });
  return step.code ?? step.status;
}

async function tryMailbox(person: { email: string }, device?: string): Promise<string> {
  const { id } = await signInOf(person, device);
  const prepared = await client.prepare(id, 'EMAIL_CODE');
  if (prepared.code !== undefined) return prepared.code;
  const step = await client.attempt(id, { emailCode: await client.codeFor(person.email) });
  return step.code ?? step.status;
}

/** Signs in and returns the device token. */
async function deviceOf(person: Person): Promise<string> {
  const { id } = await signInOf(person);
  const { session } = await client.attempt(id, { password: person.password });
  return session?.deviceToken ?? '';
}

async function resetPassword(person: Person, password: string): Promise<string> {
  const { id } = await client.startPasswordReset({ identifier: person.email });
  await client.prepare(id, 'EMAIL_CODE');
  await client.attempt(id, { emailCode: await client.codeFor(person.email) });
  return (await client.chooseNewPassword(id, password)).status;
}

async function setFailures(subject: string, counter: string, count: number): Promise<void> {
  await query(
    app.databaseUrl,
    'update lockout set failures = $3, locked_until = null where subject = $1 and counter = $2',
    [subject, counter, count],
  );
}

/** The most recently used counters. */
async function newestSubject(): Promise<string> {
  const [row] = await query<{ subject: string }>(
    app.databaseUrl,
    'select subject from lockout order by updated_at desc limit 1',
  );
  return row?.subject ?? '';
}

async function noticesOfLock(email: string): Promise<string[]> {
  const mails = (await client.inbox()).filter((one) => one.to === email);
  return mails.filter((one) => one.subject === 'Your account is locked').map((one) => one.text);
}

function codesOf(steps: readonly Step[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const step of steps) {
    const code = step.code ?? step.status;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

describe('a single workflow', () => {
  test('checks only five of 100 parallel wrong proofs', async () => {
    const person = await client.signUp();
    const workflow = await signInOf(person);
    const answers = await Promise.all(
      Array.from({ length: 100 }, (_, at) => client.attempt(workflow.id, { password: `wrong ${at}` })),
    );
    expect(codesOf(answers)['PROOF_REJECTED']).toBe(5);
    expect(await client.attempt(workflow.id, { password: person.password })).toMatchObject({
      code: 'WORKFLOW_ENDED',
    });
  });

  test('gives one session for 20 parallel correct passwords', async () => {
    const person = await client.signUp();
    const workflow = await signInOf(person);
    const answers = await Promise.all(
      Array.from({ length: 20 }, () => client.attempt(workflow.id, { password: person.password })),
    );
    expect(codesOf(answers)['COMPLETE']).toBe(1);
    const [row] = await query<{ sessions: string }>(
      app.databaseUrl,
      `select count(*) as sessions from session s join email_address e on e.user_id = s.user_id where e.address = $1`,
      [person.email],
    );
    expect(Number(row?.sessions)).toBe(2); // the session of the sign-up, and one more
  });

  test('does not count a correct proof as an attempt, so that an owner who mistypes can still sign in', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    app.clock.advance(30);
    const workflow = await signInOf(person);
    for (let wrong = 0; wrong < 4; wrong += 1) await client.attempt(workflow.id, { password: 'wrong' });
    expect((await client.attempt(workflow.id, { password: person.password })).status).toBe(
      'NEEDS_SECOND_FACTOR',
    );
    expect((await client.attempt(workflow.id, { totp: client.totp(secret) })).status).toBe('COMPLETE');
  });
});

describe('the lockout of an account', () => {
  test('is not reset by new workflows: ten consecutive failures across workflows lock the account', async () => {
    const person = await client.signUp();
    const answers = await failures(person, 12);
    expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
    const locked = await client.attempt((await signInOf(person)).id, { password: person.password });
    expect(locked).toMatchObject({ code: 'LOCKED_OUT' });
    expect(locked.retryAfterSeconds).toBeGreaterThan(0);
    expect(locked.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  test('applies to unknown identifiers in the same way', async () => {
    const answers = await failures({ email: 'nobody@example.com' }, 12);
    expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
  });

  test('expires, and each further failure locks for longer', async () => {
    const person = await client.signUp();
    await failures(person, 10);
    app.clock.advance(61);
    expect(codesOf(await failures(person, 1))).toEqual({ PROOF_REJECTED: 1 });
    const again = await client.attempt((await signInOf(person)).id, { password: person.password });
    expect(again.code).toBe('LOCKED_OUT');
    expect(again.retryAfterSeconds).toBeGreaterThan(60);
    app.clock.advance(121);
    const back = await client.signIn(person);
    expect(back.accessToken).toBeTruthy();
  });

  test('starts again from zero after a successful sign-in', async () => {
    const person = await client.signUp();
    await failures(person, 9);
    await client.signIn(person);
    expect(codesOf(await failures(person, 9))).toEqual({ PROOF_REJECTED: 9 });
  });

  test('is not reset by a correct password, so guesses at the second factor stay limited', async () => {
    const person = await client.signUp();
    await client.enrollTotp(person.accessToken);
    let rejected = 0;
    let step: Step | undefined;
    for (let workflows = 0; workflows < 6 && step?.code !== 'LOCKED_OUT'; workflows += 1) {
      const workflow = await signInOf(person);
      step = await client.attempt(workflow.id, { password: person.password });
      for (let guess = 0; guess < 4 && step.code !== 'LOCKED_OUT'; guess += 1) {
        step = await client.attempt(workflow.id, { totp: '000000' });
        if (step.code === 'PROOF_REJECTED') rejected += 1;
      }
    }
    expect(step?.code).toBe('LOCKED_OUT');
    expect(rejected).toBe(10);
  });

  test.each(COUNTERS)(
    '100 workflows that guess once in parallel get ten checks ($counter)',
    async ({ wrong }) => {
      const person = await client.signUp();
      const workflows = await Promise.all(Array.from({ length: 100 }, () => guessable(person, wrong)));
      const answers = await Promise.all(workflows.map(({ id }) => client.attempt(id, wrong)));
      expect(codesOf(answers)['PROOF_REJECTED']).toBe(10);
    },
  );
});

describe('the lockout counters of passwords and codes', () => {
  test('are separate: ten wrong passwords do not lock codes, and ten wrong codes do not lock the password', async () => {
    const [one, other] = [await client.signUp(), await client.signUp()];
    await failures(one, 10, WRONG_PASSWORD);
    expect([await tryPassword(one), await tryMailbox(one)]).toEqual(['LOCKED_OUT', 'COMPLETE']);
    await failures(other, 10, WRONG_CODE);
    expect([await tryMailbox(other), await tryPassword(other)]).toEqual(['LOCKED_OUT', 'COMPLETE']);
  });

  test('lock separately, and when both are locked an attacker cannot sign in', async () => {
    const person = await client.signUp();
    for (const { wrong } of COUNTERS) {
      expect(codesOf(await failures(person, 12, wrong))).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
    }
    expect([await tryPassword(person), await tryMailbox(person)]).toEqual(['LOCKED_OUT', 'LOCKED_OUT']);
  });

  test('count codes of every kind together, so that email codes give no extra guesses at a second factor', async () => {
    const person = await client.signUp();
    await client.enrollTotp(person.accessToken);
    await failures(person, 7, WRONG_CODE);
    const { id } = await signInOf(person);
    await client.attempt(id, { password: person.password });
    for (let guess = 0; guess < 3; guess += 1) await client.attempt(id, { totp: '000000' });
    expect((await client.attempt(id, { totp: '000000' })).code).toBe('LOCKED_OUT');
    expect(await tryMailbox(person)).toBe('LOCKED_OUT');
  });

  test.each(COUNTERS)(
    'are not raised by a correct proof during a lock ($counter)',
    async ({ counter, wrong }) => {
      const person = await client.signUp();
      await client.enrollTotp(person.accessToken);
      await failures(person, 1, wrong);
      await setFailures(await newestSubject(), counter, 20);
      const proof = counter === 'PASSWORD' ? tryPassword : tryMailbox;
      expect(await proof(person)).toBe('NEEDS_SECOND_FACTOR');
      app.clock.advance(31);
      expect(await proof(person)).toBe('NEEDS_SECOND_FACTOR');
      expect(codesOf(await failures(person, 2, wrong))).toEqual({ PROOF_REJECTED: 1, LOCKED_OUT: 1 });
    },
  );
});

describe('a known device', () => {
  test('is not locked by an attacker’s ten failures on each counter', async () => {
    const person = await client.signUp();
    const device = await deviceOf(person);
    for (const { wrong } of COUNTERS) await failures(person, 10, wrong);
    expect([await tryPassword(person), await tryMailbox(person)]).toEqual(['LOCKED_OUT', 'LOCKED_OUT']);
    expect(await tryPassword(person, device)).toBe('COMPLETE');
    expect(await tryMailbox(person, device)).toBe('COMPLETE');
    // The attacker is still locked.
    expect(await tryPassword(person)).toBe('LOCKED_OUT');
  });

  test.each(COUNTERS)(
    'has its own counters, which lock only this device ($counter)',
    async ({ counter, wrong }) => {
      const person = await client.signUp();
      const [device, another] = [await deviceOf(person), await deviceOf(person)];
      const answers = await failures(person, 12, wrong, device);
      expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
      const proof = counter === 'PASSWORD' ? tryPassword : tryMailbox;
      expect(await proof(person, device)).toBe('LOCKED_OUT');
      expect(await proof(person, another)).toBe('COMPLETE');
      expect(await proof(person)).toBe('COMPLETE');
      app.clock.advance(61);
      expect(await proof(person, device)).toBe('COMPLETE');
    },
  );

  test('in the hands of a thief allows ten guesses for the device and ten for the account', async () => {
    const person = await client.signUp();
    const device = await deviceOf(person);
    const answers = [
      ...(await failures(person, 12, WRONG_PASSWORD, device)),
      ...(await failures(person, 12, WRONG_PASSWORD)),
    ];
    expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 20, LOCKED_OUT: 4 });
  });

  test('must send its token at the start of a workflow, not only with a proof', async () => {
    const person = await client.signUp();
    const device = await deviceOf(person);
    await failures(person, 10);
    const { id } = await signInOf(person);
    const proof = { password: person.password };
    expect((await client.attempt(id, proof, undefined, device)).code).toBe('LOCKED_OUT');
  });

  test.each<[string, (owner: Person) => Promise<string>]>([
    ['of another user', async () => deviceOf(await client.signUp())],
    ['that is made up', async () => 'A'.repeat(43)],
    ['that is malformed', async () => "' or true --"],
    [
      'that was deleted with the old password',
      async (owner) => {
        const device = await deviceOf(owner);
        expect(await resetPassword(owner, PASSWORD)).toBe('COMPLETE');
        return device;
      },
    ],
  ])('cannot be simulated with a token %s', async (_name, tokenFor) => {
    const person = await client.signUp();
    const device = await tokenFor(person);
    const answers = [
      ...(await failures(person, 6, WRONG_PASSWORD, device)),
      ...(await failures(person, 6, WRONG_PASSWORD)),
    ];
    expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
    expect(await tryPassword(person, device)).toBe('LOCKED_OUT');
  });
});

describe('the workflows of a session', () => {
  test('count failures for the session, without a lock elsewhere', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    app.clock.advance(31);
    const other = await client.signIn(person, { totp: client.totp(secret) });
    const answers: Step[] = [];
    for (let failed = 0; failed < 12; failed += 1) {
      const { id } = await client.startStepUp({}, tokens.accessToken);
      answers.push(await client.attempt(id, { totp: '000000' }, tokens.accessToken));
    }
    expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
    app.clock.advance(31);
    const elsewhere = await client.startStepUp({}, other.accessToken);
    const proof = { totp: client.totp(secret) };
    expect((await client.attempt(elsewhere.id, proof, other.accessToken)).status).toBe('COMPLETE');
    expect(await tryPassword(person)).toBe('NEEDS_SECOND_FACTOR');
    app.clock.advance(31);
    expect((await client.signIn(person, { totp: client.totp(secret) })).accessToken).toBeTruthy();
  });

  test('continue while an attacker has locked the account', async () => {
    const person = await client.signUp();
    const { secret, tokens } = await client.enrollTotp(person.accessToken);
    for (const { wrong } of COUNTERS) await failures(person, 10, wrong);
    app.clock.advance(31);
    const { id } = await client.startStepUp({}, tokens.accessToken);
    const done = await client.attempt(id, { totp: client.totp(secret) }, tokens.accessToken);
    expect(done.status).toBe('COMPLETE');
    expect(await tryMailbox(person)).toBe('LOCKED_OUT');
  });
});

describe('a lock is lifted', () => {
  test('by a completed password reset, but not during one', async () => {
    const person = await client.signUp();
    await failures(person, 10);
    const { id } = await client.startPasswordReset({ identifier: person.email });
    await client.prepare(id, 'EMAIL_CODE');
    await client.attempt(id, { emailCode: await client.codeFor(person.email) });
    expect(await tryPassword(person)).toBe('LOCKED_OUT');
    expect((await client.chooseNewPassword(id, 'a new battery staple')).status).toBe('COMPLETE');
    expect(await tryPassword({ ...person, password: 'a new battery staple' })).toBe('COMPLETE');
  });

  test('by an administrator with a fresh second factor, for all counters and devices, and the user keeps their factors', async () => {
    const person = await client.signUp();
    const device = await deviceOf(person);
    for (const { wrong } of COUNTERS) {
      await failures(person, 10, wrong);
      await failures(person, 10, wrong, device);
    }
    const [{ id: userId } = { id: '' }] = await query<{ id: string }>(
      app.databaseUrl,
      'select user_id as id from email_address where address = $1',
      [person.email],
    );
    const administrator = await client.signUp();
    const unlock = async (token: string): Promise<string | undefined> => {
      const { data, errors } = await client.graphql(
        'mutation ($id: ID!) { unlockUser(id: $id) { __typename } }',
        { id: userId },
        token,
      );
      return errors[0]?.extensions.code ?? data.unlockUser.__typename;
    };
    expect(await unlock(administrator.accessToken)).toBe('FORBIDDEN');
    await query(
      app.databaseUrl,
      `update user_account set roles = '["ADMIN"]' where id = (select user_id from email_address where address = $1)`,
      [administrator.email],
    );
    expect(await unlock(administrator.accessToken)).toBe('ENROLLMENT_REQUIRED');
    expect(await tryPassword(person)).toBe('LOCKED_OUT');
    const { tokens } = await client.enrollTotp(administrator.accessToken);
    expect(await unlock(tokens.accessToken)).toBe('User');
    for (const token of [undefined, device]) {
      expect(await tryPassword(person, token)).toBe('COMPLETE');
      app.clock.advance(31);
      expect(await tryMailbox(person, token)).toBe('COMPLETE');
    }
  });

  test.each(COUNTERS)(
    'but not by time after the 100th consecutive failure, even after a year ($counter)',
    async ({ counter, wrong }) => {
      const person = await client.signUp();
      const proof = counter === 'PASSWORD' ? tryPassword : tryMailbox;
      await failures(person, 1, wrong);
      const subject = await newestSubject();
      await setFailures(subject, counter, 99);
      expect(codesOf(await failures(person, 1, wrong))).toEqual({ PROOF_REJECTED: 1 });
      for (const seconds of [0, 3601, 365 * 86_400]) {
        app.clock.advance(seconds);
        const [answer] = await failures(person, 1, wrong);
        expect(answer).toMatchObject({ code: 'LOCKED_OUT', retryAfterSeconds: null });
        expect(await proof(person)).toBe('LOCKED_OUT');
      }
      // The other counter is open, so the owner can sign in with it, which resets the counters.
      expect(await (counter === 'PASSWORD' ? tryMailbox(person) : tryPassword(person))).toBe('COMPLETE');
      app.clock.advance(31);
      expect(await proof(person)).toBe('COMPLETE');
    },
  );

  test('by a password reset after the 100th wrong password', async () => {
    const person = await client.signUp();
    await failures(person, 1);
    await setFailures(await newestSubject(), 'PASSWORD', 99);
    await failures(person, 1);
    expect(await resetPassword(person, PASSWORD)).toBe('COMPLETE');
    expect(await tryPassword(person)).toBe('COMPLETE');
  });

  test('and unchecked or correct attempts do not close an account after 99 failures', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    await failures(person, 1, WRONG_CODE);
    await setFailures(await newestSubject(), 'CODE', 99);
    app.clock.advance(31);
    const { id } = await signInOf(person);
    expect((await client.attempt(id, { totp: '000000' })).code).toBe('FACTOR_NOT_OFFERED');
    await client.prepare(id, 'EMAIL_CODE');
    const first = await client.attempt(id, { emailCode: await client.codeFor(person.email) });
    expect(first.status).toBe('NEEDS_SECOND_FACTOR');
    expect((await client.attempt(id, { totp: client.totp(secret) })).status).toBe('COMPLETE');
  });
});

describe('the owner of an account', () => {
  test.each(COUNTERS)(
    'is notified of the locks after the tenth and the 100th failure, once each ($counter)',
    async ({ counter, wrong }) => {
      const person = await client.signUp();
      await failures(person, 9, wrong);
      expect(await noticesOfLock(person.email)).toHaveLength(0);
      await failures(person, 1, wrong);
      const subject = await newestSubject();
      expect(await noticesOfLock(person.email)).toHaveLength(1);
      await failures(person, 2, wrong);
      app.clock.advance(61);
      await failures(person, 2, wrong);
      expect(await noticesOfLock(person.email)).toHaveLength(1);
      await setFailures(subject, counter, 99);
      await failures(person, 3, wrong);
      expect(await noticesOfLock(person.email)).toEqual([
        expect.stringContaining('until you reset your password or an administrator unlocks it'),
        expect.stringContaining('It is locked for 1 minute.'),
      ]);
    },
  );
});

test('an unknown identifier behaves the same: separate counters, locks that expire, and closing', async () => {
  const person = await client.signUp();
  const transcripts = [];
  for (const email of [person.email, `nobody-${Date.now()}@example.com`]) {
    const answers: Step[] = [];
    for (const { counter, wrong } of COUNTERS) {
      answers.push(...(await failures({ email }, 12, wrong)));
      const subject = await newestSubject();
      const { id } = await signInOf({ email });
      answers.push(await client.prepare(id, 'EMAIL_CODE'));
      app.clock.advance(61);
      answers.push(...(await failures({ email }, 2, wrong)));
      await setFailures(subject, counter, 99);
      answers.push(...(await failures({ email }, 2, wrong)));
      app.clock.advance(365 * 86_400);
      answers.push(...(await failures({ email }, 1, wrong)));
    }
    transcripts.push(
      answers.map((one) => [one.code ?? one.status, one.attemptsRemaining, one.retryAfterSeconds]),
    );
  }
  expect(transcripts[1]).toEqual(transcripts[0]);
  expect(transcripts[0]?.filter(([code]) => code === 'LOCKED_OUT')).not.toEqual([]);
});

test.each([
  ['completes the sign-in of a user', () => client.signUp(), { status: 'COMPLETE' }],
  [
    'is rejected where there is no user',
    async () => ({ email: 'decoy@example.com' }),
    { code: 'PROOF_REJECTED', attemptsRemaining: 4 },
  ],
])('the code of a challenge %s', async (_what, whose, expected) => {
  const { id } = await signInOf(await whose());
  await client.prepare(id, 'EMAIL_CODE');
  const workflowId = digest(id);
  const [challenge] = await query<{ id: string }>(
    app.databaseUrl,
    'select id from challenge where workflow_id = $1',
    [workflowId],
  );
  const ring = new KeyRing(readConfig(TEST_ENVIRONMENT).secretKeys);
  const place = { workflowId, challengeId: challenge?.id ?? '' };
  await query(app.databaseUrl, 'update challenge set code_digest = $2 where workflow_id = $1', [
    workflowId,
    digestOfCode(ring, place, '123456'),
  ]);
  expect(await client.attempt(id, { emailCode: '123456' })).toMatchObject(expected);
});

describe('another user’s workflow', () => {
  let owner: Person;
  let stranger: Person;

  beforeAll(async () => {
    owner = await client.signUp();
    stranger = await client.signUp();
  });

  test.each(['startEnrollment', 'startStepUp'] as const)(
    'of %s can be used only by its own session, and others cannot cost its owner attempts',
    async (start) => {
      const { secret, tokens } = await client.enrollTotp(owner.accessToken);
      app.clock.advance(60);
      const workflow =
        start === 'startEnrollment'
          ? await client.startEnrollment({ factor: 'TOTP' }, tokens.accessToken)
          : await client.startStepUp({}, tokens.accessToken);
      const proof = { totp: client.totp(workflow.totp?.secret ?? secret) };
      expect(await client.attempt(workflow.id, proof, stranger.accessToken)).toMatchObject({
        code: 'WORKFLOW_NOT_FOUND',
      });
      expect(await client.prepare(workflow.id, 'EMAIL_CODE', stranger.accessToken)).toMatchObject({
        code: 'WORKFLOW_NOT_FOUND',
      });
      await expect(client.attempt(workflow.id, proof)).rejects.toMatchObject({
        problem: { extensions: { code: 'UNAUTHENTICATED' } },
      });
      const read = await client.graphql(
        'query ($id: ID!) { workflow(id: $id) { id } }',
        { id: workflow.id },
        stranger.accessToken,
      );
      expect(read.data).toEqual({ workflow: null });
      const [row] = await query<{ attempts: number }>(
        app.databaseUrl,
        'select attempts from workflow where id = $1',
        [digest(workflow.id)],
      );
      expect(row?.attempts).toBe(0);
      expect((await client.attempt(workflow.id, proof, tokens.accessToken)).status).toBe('COMPLETE');
      owner = { ...owner, ...tokens };
    },
  );

  test('a code of one workflow proves nothing in another', async () => {
    const person = await client.signUp();
    const [one, other] = [await signInOf(person), await signInOf(person)];
    await client.prepare(one.id, 'EMAIL_CODE');
    const code = await client.codeFor(person.email);
    expect(await client.attempt(other.id, { emailCode: code })).toMatchObject({ code: 'PROOF_REJECTED' });
    expect((await client.attempt(one.id, { emailCode: code })).status).toBe('COMPLETE');
  });
});

describe('a second factor that is enrolled during an open workflow', () => {
  test('is required in a sign-in that started before', async () => {
    const person = await client.signUp();
    const before = await signInOf(person);
    const { secret } = await client.enrollTotp(person.accessToken);
    expect((await client.attempt(before.id, { password: person.password })).status).toBe(
      'NEEDS_SECOND_FACTOR',
    );
    app.clock.advance(30);
    expect((await client.attempt(before.id, { totp: client.totp(secret) })).status).toBe('COMPLETE');
  });

  test('is not bypassed by an enrollment that asked for the password before', async () => {
    const person = await client.signUp();
    app.clock.advance(601);
    const stale = await client.signIn(person); // the proof of this session is stale when it enrolls
    app.clock.advance(601);
    const { data } = await client.graphql(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { ... on SessionGrant { accessToken } } }',
      { t: stale.refreshToken },
    );
    const token: string = data.refreshSession.accessToken;
    const enrollment = await client.startEnrollment({ factor: 'TOTP' }, token);
    expect(enrollment.factors.map((one) => one.factor)).toContain('PASSWORD');
    const fresh = await client.signIn(person);
    await client.enrollTotp(fresh.accessToken);
    expect(await client.attempt(enrollment.id, { password: person.password }, token)).toMatchObject({
      code: 'FACTOR_NOT_OFFERED',
    });
  });
});

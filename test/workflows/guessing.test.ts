// Guessing: in parallel, over many workflows, and with what is right.
import { createHash } from 'node:crypto';
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

async function signInOf(person: { email: string }): Promise<Step> {
  return client.startSignIn({ identifier: person.email });
}

function codesOf(steps: readonly Step[]): Record<string, number> {
  const counts: Record<string, number> = {};
  for (const step of steps) {
    const code = step.code ?? step.status;
    counts[code] = (counts[code] ?? 0) + 1;
  }
  return counts;
}

describe('one workflow', () => {
  test('checks five proofs and no more, when 100 wrong ones arrive at once', async () => {
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

  test('gives one session, when 20 right passwords arrive at once', async () => {
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
    expect(Number(row?.sessions)).toBe(2); // the sign-up's, and one more
  });

  test('gives its attempt back for a right proof, so that a clumsy owner still comes through', async () => {
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
  test('starting again resets nothing: ten failures in a row over several workflows lock the account', async () => {
    const person = await client.signUp();
    const answers = await failures(person, 12);
    expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
    const locked = await client.attempt((await signInOf(person)).id, { password: person.password });
    expect(locked).toMatchObject({ code: 'LOCKED_OUT' });
    expect(locked.retryAfterSeconds).toBeGreaterThan(0);
    expect(locked.retryAfterSeconds).toBeLessThanOrEqual(60);
  });

  test('an identifier that nobody has is locked in the same way', async () => {
    const answers = await failures({ email: 'nobody@example.com' }, 12);
    expect(codesOf(answers)).toEqual({ PROOF_REJECTED: 10, LOCKED_OUT: 2 });
  });

  test('time unlocks it, and each further failure locks it for longer', async () => {
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

  test('a sign-in that succeeds forgets the failures before it', async () => {
    const person = await client.signUp();
    await failures(person, 9);
    await client.signIn(person);
    expect(codesOf(await failures(person, 9))).toEqual({ PROOF_REJECTED: 9 });
  });

  test('a right password does not buy guesses at the second factor', async () => {
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

  test('100 workflows that guess once, all at the same moment, are checked ten times', async () => {
    const person = await client.signUp();
    const workflows = await Promise.all(Array.from({ length: 100 }, () => signInOf(person)));
    const answers = await Promise.all(workflows.map(({ id }) => client.attempt(id, { password: 'wrong' })));
    expect(codesOf(answers)['PROOF_REJECTED']).toBe(10);
  });

  async function failures(person: { email: string }, count: number): Promise<Step[]> {
    const answers: Step[] = [];
    let workflow = await signInOf(person);
    for (let failed = 0; failed < count; failed += 1) {
      if (failed % 4 === 0) workflow = await signInOf(person);
      answers.push(await client.attempt(workflow.id, { password: 'wrong' }));
    }
    return answers;
  }
});

describe('somebody else’s workflow', () => {
  let owner: Person;
  let stranger: Person;

  beforeAll(async () => {
    owner = await client.signUp();
    stranger = await client.signUp();
  });

  test.each(['startEnrollment', 'startStepUp'] as const)(
    'of %s is driven by its own session only, and costs its owner no attempt',
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
        [createHash('sha256').update(workflow.id).digest('base64url')],
      );
      expect(row?.attempts).toBe(0);
      expect((await client.attempt(workflow.id, proof, tokens.accessToken)).status).toBe('COMPLETE');
      owner = { ...owner, ...tokens };
    },
  );

  test('steps of two workflows do not mix: a code of one proves nothing in the other', async () => {
    const person = await client.signUp();
    const [one, other] = [await signInOf(person), await signInOf(person)];
    await client.prepare(one.id, 'EMAIL_CODE');
    const code = await client.codeFor(person.email);
    expect(await client.attempt(other.id, { emailCode: code })).toMatchObject({ code: 'PROOF_REJECTED' });
    expect((await client.attempt(one.id, { emailCode: code })).status).toBe('COMPLETE');
  });
});

describe('a second factor that is enrolled while a workflow is open', () => {
  test('is demanded by a sign-in that began before', async () => {
    const person = await client.signUp();
    const before = await signInOf(person);
    const { secret } = await client.enrollTotp(person.accessToken);
    expect((await client.attempt(before.id, { password: person.password })).status).toBe(
      'NEEDS_SECOND_FACTOR',
    );
    app.clock.advance(30);
    expect((await client.attempt(before.id, { totp: client.totp(secret) })).status).toBe('COMPLETE');
  });

  test('is not walked around by an enrollment that asked for the password before', async () => {
    const person = await client.signUp();
    app.clock.advance(601);
    const stale = await client.signIn(person); // this session's proof will be stale when it enrolls
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

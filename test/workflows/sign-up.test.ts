// Sign-up, and what an attacker could gain from it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { applyRetention } from '../../src/persistence/retention.ts';
import { whileHeld } from '../factors/held-rows.ts';
import { RETENTION, startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

test('a sign-up with an existing address looks like any other, and the owner is notified by email', async () => {
  const owner = await client.signUp('owner@example.com');
  const fresh = await client.startSignUp({ email: 'fresh@example.com', password: PASSWORD });
  const taken = await client.startSignUp({ email: owner.email, password: 'another password' });
  expect(Object.keys(taken)).toEqual(Object.keys(fresh));
  expect({ ...taken, id: '', expiresAt: '', challenge: null }).toEqual({
    ...fresh,
    id: '',
    expiresAt: '',
    challenge: null,
  });
  expect(taken.challenge).toMatchObject({ factor: 'EMAIL_CODE', hint: null });
  const message = (await client.inbox()).find((one) => one.to === owner.email);
  expect(message?.subject).toBe('You already have an account');
  expect(message?.text).not.toMatch(/\d{6}/);
  expect((await client.signIn(owner)).accessToken).toBeTruthy(); // with the old password
  await expect(client.signIn({ email: owner.email, password: 'another password' })).rejects.toThrow(
    'PROOF_REJECTED',
  );
});

test('an account does not exist before its address is verified', async () => {
  await client.startSignUp({ email: 'unproved@example.com', password: PASSWORD });
  const signIn = await client.startSignIn({ identifier: 'unproved@example.com' });
  expect(await client.attempt(signIn.id, { password: PASSWORD })).toMatchObject({ code: 'PROOF_REJECTED' });
});

test('signing up first with someone else’s address gives no advantage over the person who verifies it', async () => {
  const email = 'victim@example.com';
  const attack = await client.startSignUp({ email, password: 'the attacker’s password' });
  const attackCode = await client.codeFor(email);
  app.clock.advance(60);
  await client.signUp(email);
  // Not even with the code that the victim received for the attacker’s sign-up.
  expect(await client.attempt(attack.id, { emailCode: attackCode })).toMatchObject({
    status: 'FAILED',
    session: null,
  });
  await expect(client.signIn({ email, password: 'the attacker’s password' })).rejects.toThrow(
    'PROOF_REJECTED',
  );
  expect((await client.signIn({ email, password: PASSWORD })).accessToken).toBeTruthy();
});

test('two sign-ups that verify one address in parallel have one winner', async () => {
  const email = 'twins@example.com';
  const started: { step: Step; code: string }[] = [];
  for (const password of ['the first password', 'the second password']) {
    const step = await client.startSignUp({ email, password });
    started.push({ step, code: await client.codeFor(email) });
    app.clock.advance(1);
  }
  // Both have read that the address is free before either writes.
  const answers = await whileHeld(
    app.databaseUrl,
    'select id from email_address where address = $1',
    [email],
    2,
    () => Promise.all(started.map(({ step, code }) => client.attempt(step.id, { emailCode: code }))),
  );
  expect(answers.map((one) => one.code ?? one.status).toSorted()).toEqual(['COMPLETE', 'CONFLICT']);
  const lost = answers.findIndex((one) => one.code === 'CONFLICT');
  const { step, code } = started[lost] ?? { step: { id: '' }, code: '' };
  // Retrying after the conflict returns the actual outcome.
  expect(await client.attempt(step.id, { emailCode: code })).toMatchObject({
    status: 'FAILED',
    remedy: 'SIGN_IN',
  });
});

describe('the second of two sign-ups of one address', () => {
  const GERMAN = { 'accept-language': 'de-AT' };
  const START = `mutation ($email: String!) {
    startSignUp(input: { email: $email, password: "${PASSWORD}" }) { ... on SignUp { id } }
  }`;

  async function start(email: string, headers: Readonly<Record<string, string>> = {}): Promise<string> {
    return (await client.graphql(START, { email }, undefined, headers)).data.startSignUp.id;
  }
  const subjects = async (email: string): Promise<string[]> =>
    (await client.inbox()).filter((one) => one.to === email).map((one) => one.subject);

  test.each(['a code', 'a link'])(
    'ends with a hint how to continue when it verifies the address with %s, and notifies the owner in their language',
    async (proof) => {
      const email = `second-${proof.replaceAll(' ', '-')}@example.com`;
      const first = await start(email, GERMAN);
      const firstCode = await client.codeFor(email);
      app.clock.advance(60);
      const second = await start(email);
      if (proof === 'a link') await client.prepare(second, 'EMAIL_LINK');
      const answer =
        proof === 'a code'
          ? { emailCode: await client.codeFor(email) }
          : { linkToken: await client.linkFor(email) };
      app.clock.advance(1);
      expect((await client.attempt(first, { emailCode: firstCode })).status).toBe('COMPLETE');
      const [before] = await query<{ count: string }>(app.databaseUrl, 'select count(*) from session');
      app.clock.advance(1);
      const done = await client.attempt(second, answer);
      expect(done).toMatchObject({ status: 'FAILED', remedy: 'SIGN_IN', factors: [], session: null });
      expect((await subjects(email))[0]).toBe('Sie haben bereits ein Konto');
      const [after] = await query<{ count: string }>(app.databaseUrl, 'select count(*) from session');
      expect(after).toEqual(before);

      // It has ended: it accepts no more proofs and does not change.
      expect(await client.attempt(second, answer)).toMatchObject({ code: 'WORKFLOW_ENDED' });
      const read = await client.graphql('query ($id: ID!) { workflow(id: $id) { status remedy } }', {
        id: second,
      });
      expect(read.data.workflow).toEqual({ status: 'FAILED', remedy: 'SIGN_IN' });
      const audited = await query<{ type: string }>(
        app.databaseUrl,
        `select a.type from audit_event a join email_address e using (user_id)
         where e.address = $1 and e.verified_at is null order by a.type`,
        [email],
      );
      expect(audited.map((one) => one.type)).toEqual(['sign-up.failed', 'sign-up.proof-accepted']);
      expect((await client.signIn({ email, password: PASSWORD })).accessToken).toBeTruthy();
    },
  );

  test('with a wrong code reveals nothing about the account, and its owner gets no message', async () => {
    const email = 'guessed@example.com';
    await client.signUp(email);
    const second = await start(email);
    const before = (await subjects(email)).length;
    expect(await client.attempt(second, { emailCode: '000000' })).toMatchObject({ code: 'PROOF_REJECTED' });
    expect(await subjects(email)).toHaveLength(before);
  });

  test('notifies the owner in their language when it starts and when its code is sent again', async () => {
    const email = 'german-owner@example.com';
    const first = await start(email, GERMAN);
    await client.attempt(first, { emailCode: await client.codeFor(email) });
    const second = await start(email, { 'accept-language': 'en' });
    expect((await subjects(email))[0]).toBe('Sie haben bereits ein Konto');
    app.clock.advance(60);
    await client.prepare(second, 'EMAIL_LINK');
    expect((await subjects(email)).slice(0, 2)).toEqual([
      'Sie haben bereits ein Konto',
      'Sie haben bereits ein Konto',
    ]);
  });
});

const EMOJI = '😀😃😄😁😆😅🤣😂';

test.each([
  ['too short', 'k7Qx9wZ', 'PASSWORD_REJECTED'],
  ['eight characters', 'k7Qx9wZr', 'NEEDS_PROOF'],
  ['eight emoji, one code point each', EMOJI, 'NEEDS_PROOF'],
  ['256 code points', EMOJI.repeat(32), 'NEEDS_PROOF'],
  ['257 code points', `${EMOJI.repeat(32)}😀`, 'PASSWORD_REJECTED'],
])('the length of a password at sign-up is counted in code points: %s', async (_what, password, expected) => {
  const step = await client.startSignUp({ email: 'measured@example.com', password });
  expect(step.code ?? step.status).toBe(expected);
});

test('a workflow of an older chart version ends as EXPIRED', async () => {
  const person = await client.signUp();
  const workflow = await client.startSignIn({ identifier: person.email });
  await query(
    app.databaseUrl,
    "update workflow set machine_version = '0' where attempts = 0 and chart = 'sign-in'",
  );
  const read = await client.graphql('query ($id: ID!) { workflow(id: $id) { status factors { factor } } }', {
    id: workflow.id,
  });
  expect(read.data.workflow).toEqual({ status: 'EXPIRED', factors: [] });
  expect(await client.attempt(workflow.id, { password: person.password })).toMatchObject({
    code: 'WORKFLOW_EXPIRED',
  });
});

test('only unfinished sign-ups are deleted after their deadline', async () => {
  const person = await client.signUp('finished@example.com');
  await client.startSignUp({ email: 'unfinished@example.com', password: PASSWORD });
  app.clock.advance(86_400 + 901);
  const orm = await openOrm(app.databaseUrl);
  try {
    await applyRetention(sqlOf(orm.em.fork()), app.clock.now(), RETENTION);
  } finally {
    await orm.close();
  }
  const rows = await query<{ address: string }>(
    app.databaseUrl,
    "select address from email_address where address in ('finished@example.com', 'unfinished@example.com')",
  );
  expect(rows).toEqual([{ address: person.email }]);
  expect(await query(app.databaseUrl, 'select id from workflow')).toEqual([]);
  expect((await client.signIn(person)).accessToken).toBeTruthy();
});

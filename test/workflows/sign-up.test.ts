// Signing up, and what others could gain from it.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { clearAway } from '../../src/persistence/clear-away.ts';
import { openOrm, sqlOf } from '../../src/persistence/orm.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

test('an address that has an account looks like any other, and its owner is told by mail', async () => {
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
  expect((await client.signIn(owner)).accessToken).toBeTruthy(); // with the password of before
  await expect(client.signIn({ email: owner.email, password: 'another password' })).rejects.toThrow(
    'PROOF_REJECTED',
  );
});

test('an account does not exist before its address is proved', async () => {
  await client.startSignUp({ email: 'unproved@example.com', password: PASSWORD });
  const signIn = await client.startSignIn({ identifier: 'unproved@example.com' });
  expect(await client.attempt(signIn.id, { password: PASSWORD })).toMatchObject({ code: 'PROOF_REJECTED' });
});

test('whoever claims an address first gains nothing over the one who proves it', async () => {
  const email = 'victim@example.com';
  const attack = await client.startSignUp({ email, password: 'the attacker’s password' });
  const attackCode = await client.codeFor(email);
  app.clock.advance(60);
  await client.signUp(email);
  // Even with the code that the victim got for the attacker’s sign-up.
  expect(await client.attempt(attack.id, { emailCode: attackCode })).toMatchObject({ code: 'CONFLICT' });
  await expect(client.signIn({ email, password: 'the attacker’s password' })).rejects.toThrow(
    'PROOF_REJECTED',
  );
  expect((await client.signIn({ email, password: PASSWORD })).accessToken).toBeTruthy();
});

test('of two sign-ups that prove one address at the same moment, one wins', async () => {
  const email = 'twins@example.com';
  const started = [];
  for (const password of ['the first password', 'the second password']) {
    const step = await client.startSignUp({ email, password });
    started.push({ step, code: await client.codeFor(email) });
    app.clock.advance(1);
  }
  const answers = await Promise.all(
    started.map(({ step, code }) => client.attempt(step.id, { emailCode: code })),
  );
  expect(answers.map((one) => one.code ?? one.status).toSorted()).toEqual(['COMPLETE', 'CONFLICT']);
});

const EMOJI = '😀😃😄😁😆😅🤣😂';

test.each([
  ['too short', 'k7Qx9wZ', 'PASSWORD_REJECTED'],
  ['eight characters', 'k7Qx9wZr', 'NEEDS_PROOF'],
  ['eight emoji, one code point each', EMOJI, 'NEEDS_PROOF'],
  ['256 code points', EMOJI.repeat(32), 'NEEDS_PROOF'],
  ['257 code points', `${EMOJI.repeat(32)}😀`, 'PASSWORD_REJECTED'],
])('a password is measured in code points: %s', async (_what, password, expected) => {
  const step = await client.startSignUp({ email: 'measured@example.com', password });
  expect(step.code ?? step.status).toBe(expected);
});

test('a workflow of an older chart ends as EXPIRED', async () => {
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

test('what was never finished is cleared away, and nothing else', async () => {
  const person = await client.signUp('finished@example.com');
  await client.startSignUp({ email: 'unfinished@example.com', password: PASSWORD });
  app.clock.advance(86_400 + 901);
  const orm = await openOrm(app.databaseUrl);
  try {
    await clearAway(sqlOf(orm.em.fork()), app.clock.now());
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

// Deadlines to the second: each one holds in its last second, and not in the next.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Step, TestClient } from '../harness/client.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const word = ({ code, status }: Step): string => code ?? status;

test.each([
  [899, 'COMPLETE'],
  [900, 'WORKFLOW_EXPIRED'],
])('a workflow answers after %i seconds with %s', async (seconds, answer) => {
  const { email } = await client.signUp();
  const { id } = await client.startSignIn({ identifier: email });
  app.clock.advance(seconds);
  expect(word(await client.attempt(id, { password: PASSWORD }))).toBe(answer);
});

test.each([
  [899, 'COMPLETE'],
  [900, 'WORKFLOW_EXPIRED'],
])('a password that is chosen after %i seconds gets %s', async (seconds, answer) => {
  const { email } = await client.signUp();
  const { id } = await client.startPasswordReset({ identifier: email });
  await client.prepare(id, 'EMAIL_CODE');
  await client.attempt(id, { emailCode: await client.codeFor(email) });
  app.clock.advance(seconds);
  expect(word(await client.chooseNewPassword(id, 'a new battery staple'))).toBe(answer);
});

test.each([
  ['EMAIL_CODE', 599, 'COMPLETE'],
  ['EMAIL_CODE', 600, 'PROOF_REJECTED'],
  ['EMAIL_LINK', 599, 'COMPLETE'],
  ['EMAIL_LINK', 600, 'PROOF_REJECTED'],
])('a challenge of %s answered after %i seconds gets %s', async (factor, seconds, answer) => {
  const { email } = await client.signUp();
  const { id } = await client.startSignIn({ identifier: email });
  await client.prepare(id, factor);
  const proof =
    factor === 'EMAIL_CODE'
      ? { emailCode: await client.codeFor(email) }
      : { linkToken: await client.linkFor(email) };
  app.clock.advance(seconds);
  expect(word(await client.attempt(id, proof))).toBe(answer);
});

test.each([
  [299, 'COMPLETE'],
  [300, 'PROOF_REJECTED'],
])('a code by text message sent back after %i seconds gets %s', async (seconds, answer) => {
  const { accessToken } = await client.signUp();
  const phoneNumber = `+1415555${5000 + seconds}`;
  const { id } = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, accessToken);
  await client.prepare(id, 'PHONE_CODE', accessToken);
  const phoneCode = await client.codeFor(phoneNumber);
  app.clock.advance(seconds);
  expect(word(await client.attempt(id, { phoneCode }, accessToken))).toBe(answer);
});

test.each([
  [29, false],
  [30, true],
])('a second request for a code after %i seconds sends a new one: %s', async (seconds, isNew) => {
  const { email } = await client.signUp();
  const { id } = await client.startSignIn({ identifier: email });
  await client.prepare(id, 'EMAIL_CODE');
  const before = (await client.inbox()).filter((one) => one.to === email).map((one) => one.id);
  app.clock.advance(seconds);
  await client.prepare(id, 'EMAIL_CODE');
  const newest = (await client.inbox()).find((one) => one.to === email);
  expect(before.includes(newest?.id ?? '')).toBe(!isNew);
});

test.each([
  // The clock advances a little with each read, so the lock ends some milliseconds into its last second.
  [59, 'LOCKED_OUT'],
  [60, 'COMPLETE'],
])('a lock of one minute gives after %i seconds %s', async (seconds, answer) => {
  const { email } = await client.signUp();
  let id = '';
  for (let failed = 0; failed < 10; failed += 1) {
    if (failed % 5 === 0) ({ id } = await client.startSignIn({ identifier: email }));
    await client.attempt(id, { password: 'wrong' });
  }
  ({ id } = await client.startSignIn({ identifier: email }));
  app.clock.advance(seconds);
  const step = await client.attempt(id, { password: PASSWORD });
  expect(word(step)).toBe(answer);
  if (answer === 'LOCKED_OUT') expect(step.retryAfterSeconds).toBe(1);
});

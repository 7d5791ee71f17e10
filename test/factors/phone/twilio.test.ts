// A user's phone, end to end: its messages go through Twilio's SDK, over HTTP, to a local server that responds like
// Twilio.
import { randomUUID } from 'node:crypto';
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { retryNow, until } from '../../delivery/queue.ts';
import { TwilioApi, twilioError } from '../../delivery/twilio-api.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { PASSWORD, type Person, TestClient } from '../../harness/client.ts';

const NUMBER = '+14155552671';
const ACCOUNT = {
  TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: 'canary-auth-token-0123456789abcdef',
};
const SENDERS = {
  'a number': { TWILIO_FROM: '+15005550006' },
  'a Verify service': { TWILIO_VERIFY_SERVICE_SID: `VA${'3'.repeat(32)}` },
} as const;

let api: TwilioApi;
let app: TestApp | undefined;

beforeEach(async () => {
  api = await TwilioApi.start();
});
afterEach(async () => {
  await app?.[Symbol.asyncDispose]();
  app = undefined;
  await api[Symbol.asyncDispose]();
});

async function start(sender: Readonly<Record<string, string>>): Promise<TestClient> {
  app = await startTestApp({ ...ACCOUNT, ...sender, TWILIO_API_URL: api.url });
  return new TestClient(app);
}

/** The code in the newest text message to the phone. */
async function codeOnPhone(received: number): Promise<string> {
  await until(() => expect(api.requests.length).toBeGreaterThanOrEqual(received));
  const form = api.requests.at(-1)?.form ?? {};
  expect(form['To']).toBe(NUMBER);
  return /\b\d{6}\b/.exec(form['CustomCode'] ?? form['Body'] ?? '')?.[0] ?? '';
}

async function enroll(client: TestClient, person: Person): Promise<string> {
  const started = await client.startEnrollment(
    { factor: 'PHONE_CODE', phoneNumber: NUMBER },
    person.accessToken,
  );
  await client.prepare(started.id, 'PHONE_CODE', person.accessToken);
  return started.id;
}

describe.each(Object.entries(SENDERS))('with %s of Twilio,', (_what, sender) => {
  test('a number is enrolled and signs in, with the codes that were sent to Twilio', async () => {
    const client = await start(sender);
    const person = await client.signUp();
    const id = await enroll(client, person);
    const done = await client.attempt(id, { phoneCode: await codeOnPhone(1) }, person.accessToken);
    expect(done.status).toBe('COMPLETE');

    app?.clock.advance(31);
    const signIn = await client.startSignIn({ identifier: person.email });
    await client.attempt(signIn.id, { password: PASSWORD });
    await client.prepare(signIn.id, 'PHONE_CODE');
    const signedIn = await client.attempt(signIn.id, { phoneCode: await codeOnPhone(2) });
    expect(signedIn.status).toBe('COMPLETE');
    // It was sent to the phone, so it is not in the development inbox.
    expect((await client.inbox()).filter((one) => one.channel === 'sms')).toEqual([]);
  });
});

test.each([
  ['busy', twilioError(429, 20429, 'Too Many Requests')],
  ['broken', twilioError(500, 20500, 'Internal Server Error')],
  ['silent', null],
])('the code waits while Twilio is %s, and is delivered afterwards', async (_what, answer) => {
  const client = await start(SENDERS['a number']);
  const well = api.answer;
  api.answer = answer;
  const person = await client.signUp();
  const id = await enroll(client, person);
  await until(() => expect(api.requests.length).toBeGreaterThanOrEqual(1));
  api.answer = well;
  if (answer === null) api.hangUp();
  const before = api.requests.length;
  await vi.waitFor(
    async () => {
      await retryNow(app?.databaseUrl ?? '');
      expect(api.requests.length).toBeGreaterThan(before);
    },
    { timeout: 15_000, interval: 200 },
  );
  const phoneCode = await codeOnPhone(before + 1);
  expect((await client.attempt(id, { phoneCode }, person.accessToken)).status).toBe('COMPLETE');
});

test('with only a Twilio Verify service no link can be sent, so none is offered', async () => {
  const client = await start(SENDERS['a Verify service']);
  const { data } = await client.graphql('{ settings { secondFactors firstFactors } }');
  expect(data.settings.secondFactors).toContain('PHONE_CODE');
  expect(data.settings.firstFactors).not.toContain('PHONE_LINK');
});

test.each([
  ['that is invalid', twilioError(400, 21211, "The 'To' number is not a valid phone number.")],
  ['whose holder unsubscribed', twilioError(400, 21610, 'Attempt to send to unsubscribed recipient')],
])('a number %s is not tried again, and the user can sign in with another factor', async (_what, answer) => {
  const client = await start(SENDERS['a number']);
  const email = `${randomUUID()}@example.com`;
  const person = await client.signUp(email);
  const id = await enroll(client, person);
  const { backupCodes } = await client.attempt(id, { phoneCode: await codeOnPhone(1) }, person.accessToken);
  api.answer = answer;
  app?.clock.advance(31);
  const signIn = await client.startSignIn({ identifier: email });
  await client.attempt(signIn.id, { password: PASSWORD });
  await client.prepare(signIn.id, 'PHONE_CODE');
  await until(() => expect(api.requests).toHaveLength(2));
  await retryNow(app?.databaseUrl ?? '');
  expect((await client.attempt(signIn.id, { backupCode: backupCodes?.[0] })).status).toBe('COMPLETE');
  expect(api.requests).toHaveLength(2);
});

// Strangers who request many messages to a user can use up the allowance of strangers, but not the allowance of the owner,
// which applies to known devices and sessions.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;
let numbers = 4000;

beforeAll(async () => {
  app = await startTestApp({
    MAIL_PER_ADDRESS_HOURLY: '4',
    SMS_PER_NUMBER_HOURLY: '3',
    SMS_PER_ACCOUNT_HOURLY: '5',
  });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const word = ({ code, status }: Step): string => code ?? status;

async function askForMail(person: { email: string }, device?: string): Promise<string> {
  const { id } = await client.startSignIn({ identifier: person.email }, device);
  return word(await client.prepare(id, 'EMAIL_CODE'));
}

async function times<T>(count: number, ask: () => Promise<T>): Promise<T[]> {
  const answers: T[] = [];
  for (let asked = 0; asked < count; asked += 1) answers.push(await ask());
  return answers;
}

async function deviceOf(person: Person): Promise<string> {
  const { id } = await client.startSignIn({ identifier: person.email });
  return (await client.attempt(id, { password: person.password })).session?.deviceToken ?? '';
}

const SENT = 'NEEDS_FIRST_FACTOR';
const REFUSED = 'TOO_MANY_MESSAGES';

test('a known device still gets its hourly allowance of codes after strangers have requested many resets', async () => {
  const person = await client.signUp();
  const devices = [await deviceOf(person), await deviceOf(person)];
  const resets = await times(20, async () => {
    const { id } = await client.startPasswordReset({ identifier: person.email });
    return word(await client.prepare(id, 'EMAIL_CODE'));
  });
  expect(resets).toContain(REFUSED);
  expect(await askForMail(person)).toBe(REFUSED);
  // All known devices share one allowance, so that collecting devices gains nothing.
  const answers = [
    ...(await times(3, () => askForMail(person, devices[0]))),
    ...(await times(3, () => askForMail(person, devices[1]))),
  ];
  expect(answers).toEqual([...Array(4).fill(SENT), ...Array(2).fill(REFUSED)]);
});

test('the owner does not use up the allowance of strangers, so that no response reveals a known device', async () => {
  const person = await client.signUp();
  const device = await deviceOf(person);
  expect(await times(5, () => askForMail(person, device))).toEqual([...Array(4).fill(SENT), REFUSED]);
  const answers = await times(5, () => askForMail(person));
  const ofNobody = await times(5, () => askForMail({ email: 'no-owner@example.com' }));
  // The sign-up sent a message, too.
  expect(answers).toEqual([...Array(3).fill(SENT), REFUSED, REFUSED]);
  expect(ofNobody).toEqual([...Array(4).fill(SENT), REFUSED]);
});

test('an invented device, or a device of another user, has no allowance', async () => {
  const [person, other] = [await client.signUp(), await client.signUp()];
  await times(5, () => askForMail(person));
  for (const device of ['A'.repeat(43), await deviceOf(other)])
    expect(await askForMail(person, device)).toBe(REFUSED);
});

test('a session gets codes at its user’s phone number even if strangers have used up their allowance for it', async () => {
  await query(app.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
  const person = await client.signUp();
  numbers += 1;
  const number = `+1415555${numbers}`;
  const { tokens } = await client.enrollPhone(person.accessToken, number);
  const asked = await times(4, async () => {
    const { id } = await client.startSignIn({ identifier: number });
    return word(await client.prepare(id, 'PHONE_CODE'));
  });
  expect(asked.at(-1)).toBe(REFUSED);
  const { id } = await client.startStepUp({}, tokens.accessToken);
  expect(word(await client.prepare(id, 'PHONE_CODE', tokens.accessToken))).toBe('NEEDS_PROOF');
});

test('a phone number that is not verified yet has no separate allowance, so that many sessions cannot flood it', async () => {
  numbers += 1;
  const phoneNumber = `+1415555${numbers}`;
  const answers = await times(5, async () => {
    const { accessToken } = await client.signUp();
    const { id } = await client.startEnrollment({ factor: 'PHONE_CODE', phoneNumber }, accessToken);
    return word(await client.prepare(id, 'PHONE_CODE', accessToken));
  });
  expect(answers.filter((answer) => answer === REFUSED)).toHaveLength(2);
});

// No response reveals whether an account exists. Each step is taken twice, for an address with an account and for one
// without, and everything that a stranger sees must be the same: status, headers, codes, types, and which fields are
// present. Only the values of ids and times may differ.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

/** The same id for every request, because responses and the log repeat it. */
const REQUEST_ID = { 'x-request-id': 'the-same-for-all' };

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app, REQUEST_ID);
});
afterAll(() => app[Symbol.asyncDispose]());

const WORKFLOW = `
  id status expiresAt
  factors { factor authenticatorId hint needsPreparing }
  challenge { factor hint sentAt expiresAt approvedAt }`;
const ENDING = 'totp { secret } backupCodes session { accessToken }';
const SIGN_UP = `... on SignUp { ${ENDING} }`;
const SIGN_IN = `... on SignIn { ${ENDING} }`;
const RESET = '... on PasswordReset { remedy }';
const LOCKED = '... on LockedOut { retryAfterSeconds }';
const FLOODED = '... on TooManyMessages { retryAfterSeconds }';
const INVALID = '... on InvalidInput { fields { path message } }';

/** Everything that a stranger can see of each step. */
const STEPS = {
  startSignUp: ['StartSignUpInput', `${SIGN_UP} ${INVALID}`],
  startSignIn: ['StartSignInInput', `${SIGN_IN} ${INVALID}`],
  startPasswordReset: ['StartPasswordResetInput', `${RESET} ${INVALID}`],
  chooseNewPassword: ['ChooseNewPasswordInput', `${RESET} ${INVALID}`],
  prepareFactor: ['PrepareFactorInput', `${SIGN_UP} ${SIGN_IN} ${RESET} ${LOCKED} ${FLOODED}`],
  attemptFactor: [
    'AttemptFactorInput',
    `${SIGN_UP} ${SIGN_IN} ${RESET} ${LOCKED} ${INVALID} ... on ProofRejected { attemptsRemaining }`,
  ],
} as const;

/** Takes one step. @returns what a stranger sees, and the id to continue with. */
async function step(field: keyof typeof STEPS, input: object): Promise<{ id: string; seen: unknown }> {
  const [type, selection] = STEPS[field];
  const seen = `__typename ... on Workflow { ${WORKFLOW} } ... on UserError { code message } ${selection}`;
  const document = `mutation ($input: ${type}!) { ${field}(input: $input) { ${seen} } }`;
  const answer = await client.graphql(document, { input });
  expect(answer.errors).toEqual([]);
  return { id: answer.data?.[field]?.id, seen: outline(answer) };
}

async function read(id: string): Promise<unknown> {
  const document = `query ($id: ID!) { workflow(id: $id) { ${WORKFLOW} ${SIGN_UP} ${SIGN_IN} ${RESET} } }`;
  const answer = await client.graphql(document, { id });
  expect(answer.data?.workflow).toBeTruthy();
  return outline(answer);
}

/** A response without the parts that always differ. */
function outline({ status, headers, text }: GraphQLAnswer): unknown {
  const ofBody: unknown = JSON.parse(text, (key, value: unknown) => {
    if (typeof value !== 'string') return value;
    if (key === 'id') return `an id of ${value.length}`;
    return /^\d{4}-\d\d-\d\dT/.test(value) ? 'a time' : value;
  });
  const told = [...headers].filter(([name]) => name !== 'date');
  const masked = told.map(([name, value]) => [name, name === 'x-request-id' ? 'a new id' : value]);
  return { status, headers: masked, body: ofBody };
}

/** Takes the same steps for both addresses and compares the responses one by one. */
async function compare(
  one: string,
  other: string,
  walk: (address: string) => AsyncGenerator,
): Promise<unknown[]> {
  const collect = async (address: string): Promise<unknown[]> => {
    const seen: unknown[] = [];
    for await (const answer of walk(address)) seen.push(answer);
    return seen;
  };
  const ofOne = await collect(one);
  const ofOther = await collect(other);
  for (const [at, answer] of ofOne.entries()) expect(ofOther[at]).toEqual(answer);
  expect(ofOther).toHaveLength(ofOne.length);
  return ofOne;
}

const nobody = (): string => `${randomUUID()}@example.com`;

async function somebody(): Promise<string> {
  return (await client.signUp()).email;
}

/** A user with a second factor, which responses could reveal as well. */
async function somebodyProtected(): Promise<string> {
  const person = await client.signUp();
  await client.enrollTotp(person.accessToken);
  return person.email;
}

describe.each([
  ['an account', somebody],
  ['an account with a second factor', somebodyProtected],
])('a sign-in to %s looks the same as for an unknown address', (_what, address) => {
  test('with incorrect passwords, until all attempts are used and beyond', async () => {
    const seen = await compare(await address(), nobody(), async function* (identifier) {
      const started = await step('startSignIn', { identifier });
      yield started.seen;
      for (let attempt = 0; attempt < 7; attempt += 1) {
        const proof = { password: `wrong ${attempt}` };
        yield (await step('attemptFactor', { workflowId: started.id, proof })).seen;
      }
      yield await read(started.id);
    });
    expect(JSON.stringify(seen).includes('PROOF_REJECTED')).toBe(true);
    expect(JSON.stringify(seen).includes('WORKFLOW_ENDED')).toBe(true);
  });

  test('with a code by email that is sent twice, and incorrect codes', async () => {
    const seen = await compare(await address(), nobody(), async function* (identifier) {
      const { id: workflowId, seen: started } = await step('startSignIn', { identifier });
      yield started;
      yield (await step('attemptFactor', { workflowId, proof: { emailCode: '000000' } })).seen;
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
      yield await read(workflowId);
      app.clock.advance(31);
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
      for (const emailCode of ['000000', 'no code', ''])
        yield (await step('attemptFactor', { workflowId, proof: { emailCode } })).seen;
      app.clock.advance(601); // an expired code is rejected in the same way
      yield await read(workflowId);
      yield (await step('attemptFactor', { workflowId, proof: { emailCode: '000000' } })).seen;
      yield (await step('attemptFactor', { workflowId, proof: { emailCode: '000000' } })).seen;
    });
    expect(JSON.stringify(seen).includes('"challenge":{"factor":"EMAIL_CODE"')).toBe(true);
  });

  test('with more messages than the limit', async () => {
    const seen = await compare(await address(), nobody(), async function* (identifier) {
      const { id: workflowId } = await step('startSignIn', { identifier });
      for (let message = 0; message < 7; message += 1) {
        yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
        app.clock.advance(31);
      }
    });
    expect(JSON.stringify(seen).includes('TOO_MANY_MESSAGES')).toBe(true);
  });

  test('with factors that the account may not have', async () => {
    await compare(await address(), nobody(), async function* (identifier) {
      const { id: workflowId } = await step('startSignIn', { identifier });
      for (const factor of ['TOTP', 'PHONE_CODE', 'PASSKEY', 'BACKUP_CODE'])
        yield (await step('prepareFactor', { workflowId, factor })).seen;
      for (const proof of [{ totp: '000000' }, { backupCode: 'XXXX-XXXX' }])
        yield (await step('attemptFactor', { workflowId, proof })).seen;
    });
  });

  test('with failed attempts across many workflows, before, during and after the lockout', async () => {
    const seen = await compare(await address(), nobody(), async function* (identifier) {
      for (let workflows = 0; workflows < 4; workflows += 1) {
        const { id: workflowId } = await step('startSignIn', { identifier });
        for (let attempt = 0; attempt < 4; attempt += 1)
          yield lockAs(await step('attemptFactor', { workflowId, proof: { password: 'wrong' } }));
        yield lockAs(await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' }));
        yield await read(workflowId);
      }
      app.clock.advance(61);
      const { id: workflowId } = await step('startSignIn', { identifier });
      yield lockAs(await step('attemptFactor', { workflowId, proof: { password: 'wrong' } }));
      yield lockAs(await step('attemptFactor', { workflowId, proof: { password: 'wrong' } }));
    });
    expect(JSON.stringify(seen).includes('LOCKED_OUT')).toBe(true);
  });

  test('in another tenant, in another case, and after the deadline', async () => {
    await compare(await address(), nobody(), async function* (identifier) {
      yield (await step('startSignIn', { identifier, tenant: 'elsewhere' })).seen;
      const { id: workflowId, seen } = await step('startSignIn', {
        identifier: ` ${identifier.toUpperCase()}`,
      });
      yield seen;
      app.clock.advance(901);
      yield (await step('attemptFactor', { workflowId, proof: { password: 'wrong' } })).seen;
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
      yield await read(workflowId);
    });
  });
});

describe.each([
  ['an account', somebody],
  ['an account with a second factor', somebodyProtected],
])('a password reset for %s looks the same as for an unknown address', (_what, address) => {
  test('with codes and links, incorrect proofs, and a new password chosen too early', async () => {
    const seen = await compare(await address(), nobody(), async function* (identifier) {
      const { id: workflowId, seen: started } = await step('startPasswordReset', { identifier });
      yield started;
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_LINK' })).seen;
      yield await read(workflowId);
      for (const proof of [
        { emailCode: '000000' },
        { linkToken: 'x'.repeat(43) },
        { linkApproved: true },
        { password: 'wrong' },
        { totp: '000000' },
        { phoneCode: '000000' },
      ])
        yield (await step('attemptFactor', { workflowId, proof })).seen;
      yield (await step('prepareFactor', { workflowId, factor: 'PHONE_CODE' })).seen;
      yield (await step('chooseNewPassword', { workflowId, newPassword: 'a new password' })).seen;
      for (let attempt = 0; attempt < 4; attempt += 1)
        yield (await step('attemptFactor', { workflowId, proof: { emailCode: '000000' } })).seen;
      yield await read(workflowId);
      yield (await step('chooseNewPassword', { workflowId, newPassword: 'a new password' })).seen;
    });
    const words = JSON.stringify(seen);
    for (const code of ['LINK_NOT_APPROVED', 'NEW_PASSWORD_NOT_DUE', 'WORKFLOW_ENDED'])
      expect(words.includes(code)).toBe(true);
  });
});

describe('a phone number', () => {
  let number = 3000;
  const newNumber = (): string => {
    number += 1;
    return `+1415555${number}`;
  };

  test.each([
    ['that is only an identifier', false, true],
    ['that is a second factor', true, true],
    ['of a user who has turned off text messages', true, false],
  ])(
    '%s looks the same as an unknown one, in a sign-in and in a password reset',
    async (_what, isSecond, wants) => {
      await query(app.databaseUrl, "update tenant set sms = 'ANY_FACTOR'");
      const person = await client.signUp();
      const taken = newNumber();
      const { tokens } = await client.enrollPhone(person.accessToken, taken, isSecond);
      if (!wants)
        await client.graphql('mutation { setSmsFactors(enabled: false) { id } }', {}, tokens.accessToken);
      app.clock.advance(31);
      const seen = await compare(taken, newNumber(), async function* (identifier) {
        for (const start of ['startSignIn', 'startPasswordReset'] as const) {
          const { id: workflowId, seen: started } = await step(start, { identifier });
          yield started;
          for (const factor of ['PHONE_CODE', 'PHONE_LINK', 'EMAIL_CODE', 'TOTP'])
            yield (await step('prepareFactor', { workflowId, factor })).seen;
          yield await read(workflowId);
          for (const proof of [
            { phoneCode: '000000' },
            { linkApproved: true },
            { linkToken: 'x'.repeat(43) },
            { password: 'wrong' },
          ])
            yield (await step('attemptFactor', { workflowId, proof })).seen;
        }
      });
      await query(app.databaseUrl, "update tenant set sms = 'SECOND_FACTOR'");
      expect(JSON.stringify(seen).includes('"challenge":{"factor":"PHONE_')).toBe(true);
    },
  );
});

describe('a sign-up with a taken address looks the same as with a free address', () => {
  test('from the start until all attempts are used', async () => {
    const seen = await compare(await somebody(), nobody(), async function* (email) {
      const { id: workflowId, seen: started } = await step('startSignUp', {
        email,
        password: 'a new password',
      });
      yield started;
      yield await read(workflowId);
      app.clock.advance(31);
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
      yield (await step('attemptFactor', { workflowId, proof: { password: 'a new password' } })).seen;
      for (let attempt = 0; attempt < 6; attempt += 1)
        yield (await step('attemptFactor', { workflowId, proof: { emailCode: `00000${attempt}` } })).seen;
      yield await read(workflowId);
    });
    expect(JSON.stringify(seen).includes('"attemptsRemaining":0')).toBe(true);
    expect(JSON.stringify(seen).includes('FAILED')).toBe(true);
  });

  test('with passwords that the policy refuses', async () => {
    const seen = await compare(await somebody(), nobody(), async function* (email) {
      for (const password of ['', 'short', 'x'.repeat(257), 'x'.repeat(5000)])
        yield (await step('startSignUp', { email, password })).seen;
    });
    expect(JSON.stringify(seen).includes('PASSWORD_REJECTED')).toBe(true);
  });

  test('but its owner is told by email, and the stranger gets no code', async () => {
    const email = await somebody();
    const before = (await client.inbox()).length;
    await step('startSignUp', { email, password: 'a new password' });
    const messages = (await client.inbox()).slice(0, -before);
    expect(messages).toHaveLength(1);
    expect(messages[0]).toMatchObject({ to: email, subject: 'You already have an account' });
    expect(messages[0]?.text).not.toMatch(/\d{6}/);
  });
});

describe('an unfinished sign-up', () => {
  test('leaves its address looking free to sign-ins and other sign-ups', async () => {
    const pending = nobody();
    await client.startSignUp({ email: pending, password: 'the password of it' });
    await compare(pending, nobody(), async function* (identifier) {
      const { id: workflowId, seen } = await step('startSignIn', { identifier });
      yield seen;
      yield (await step('attemptFactor', { workflowId, proof: { password: 'the password of it' } })).seen;
      yield (await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' })).seen;
      yield (await step('startSignUp', { email: identifier, password: 'another password' })).seen;
    });
  });
});

test('the log is the same for a known and an unknown address, and names neither', async () => {
  const lines = async (identifier: string): Promise<unknown[]> => {
    const before = app.log.length;
    const { id: workflowId } = await step('startSignIn', { identifier });
    await step('attemptFactor', { workflowId, proof: { password: 'wrong' } });
    await step('prepareFactor', { workflowId, factor: 'EMAIL_CODE' });
    await fetch(`${app.url}/healthz`, { headers: REQUEST_ID });
    const ofRequests = app.log.slice(before).filter((line) => !line.includes('"queue"'));
    expect(ofRequests.join('')).not.toContain(identifier.slice(0, 12));
    return ofRequests.map((line) => ({ ...JSON.parse(line), requestId: '', messageId: '', time: '', ms: 0 }));
  };
  expect(await lines(nobody())).toEqual(await lines(await somebody()));
});

/** The remaining time of a lockout depends on when the request is made. */
function lockAs({ seen }: { seen: unknown }): unknown {
  return JSON.parse(
    JSON.stringify(seen).replaceAll(/"retryAfterSeconds":\d+/g, '"retryAfterSeconds":"soon"'),
  );
}

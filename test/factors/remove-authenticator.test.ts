// Removing an authenticator: its evidence stops counting everywhere at once.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, type Person, TestClient, type Tokens } from '../harness/client.ts';
import { whileHeld } from './held-rows.ts';

const REMOVE = `mutation ($id: ID!) {
  removeAuthenticator(id: $id) { __typename ... on RemovedAuthenticator { id factor } ... on UserError { code } }
}`;
const GUARDED = '{ viewer { auditEvents { type } } }';
const STANDING = `{ viewer {
  authenticators { id factor } backupCodesRemaining assurance { level evidence { factor } }
} }`;

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Enrolled extends Person {
  readonly secret: string;
  readonly codes: readonly string[];
}

/** A user with an authenticator app. A time step has just begun, and its code is unused. */
async function enrolled(): Promise<Enrolled> {
  const person = await client.signUp();
  const { secret, backupCodes, tokens } = await client.enrollTotp(person.accessToken);
  nextStep();
  return { ...person, ...tokens, secret, codes: backupCodes };
}

function nextStep(): void {
  app.clock.advance(30 - ((app.clock.now().getTime() / 1000) % 30));
}

interface AuthContext {
  readonly authenticators: readonly { readonly id: string; readonly factor: string }[];
  readonly backupCodesRemaining: number;
  readonly assurance: { readonly level: string; readonly evidence: readonly { readonly factor: string }[] };
}

async function authContext({ accessToken }: Tokens): Promise<AuthContext> {
  return (await client.graphql(STANDING, {}, accessToken)).data.viewer as AuthContext;
}

async function appsOf(tokens: Tokens): Promise<string[]> {
  return (await authContext(tokens)).authenticators
    .filter((one) => one.factor === 'TOTP')
    .map((one) => one.id);
}

function remove(id: string, tokens?: Tokens): Promise<GraphQLAnswer> {
  return client.graphql(REMOVE, { id }, tokens?.accessToken);
}

const refusalOf = ({ errors }: GraphQLAnswer): string | undefined => errors[0]?.extensions.code;

async function refusal({ accessToken }: Tokens): Promise<string | undefined> {
  return refusalOf(await client.graphql(GUARDED, {}, accessToken));
}

describe('removing the last second factor', () => {
  test('removes its evidence from every session at once, and the backup codes', async () => {
    const person = await enrolled();
    const other = await client.signIn(person, { totp: client.totp(person.secret) });
    const byCode = await client.signIn(person, { backupCode: person.codes[0] });
    for (const session of [person, other, byCode]) expect(await refusal(session)).toBeUndefined();

    const [id = ''] = await appsOf(person);
    const { data } = await remove(id, person);
    expect(data.removeAuthenticator).toEqual({ __typename: 'RemovedAuthenticator', id, factor: 'TOTP' });
    for (const session of [person, other, byCode]) {
      expect(await refusal(session)).toBe('ENROLLMENT_REQUIRED');
      const { assurance, authenticators, backupCodesRemaining } = await authContext(session);
      expect(assurance.level).toBe('AAL1');
      expect(assurance.evidence.map((one) => one.factor)).not.toContain('TOTP');
      expect(assurance.evidence.map((one) => one.factor)).not.toContain('BACKUP_CODE');
      expect(authenticators.map((one) => one.factor)).toEqual(['PASSWORD']);
      expect(backupCodesRemaining).toBe(0);
    }
  });

  test('lets the user sign in with the password and get new backup codes with a new factor, and the old ones stay invalid', async () => {
    const person = await enrolled();
    await remove((await appsOf(person))[0] ?? '', person);
    const tokens = await client.signIn(person);
    const again = await client.enrollTotp(tokens.accessToken);
    expect(again.backupCodes).toHaveLength(10);
    expect((await authContext(tokens)).backupCodesRemaining).toBe(10);
    const { id } = await client.startSignIn({ identifier: person.email });
    await client.attempt(id, { password: person.password });
    expect((await client.attempt(id, { backupCode: person.codes[0] })).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(id, { totp: client.totp(person.secret) })).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(id, { backupCode: again.backupCodes[0] })).status).toBe('COMPLETE');
  });

  test('notifies the user by email', async () => {
    const person = await enrolled();
    await remove((await appsOf(person))[0] ?? '', person);
    const notice = (await client.inbox()).find((one) => one.to === person.email);
    expect(notice?.subject).toBe('A sign-in method was removed');
    expect(notice?.text).toContain('An authenticator app was removed from your account.');
  });
});

describe('removing one of two authenticator apps', () => {
  test('removes the evidence of both, and keeps the backup codes', async () => {
    const person = await enrolled();
    const thief = await client.signIn(person, { totp: client.totp(person.secret) });
    nextStep();
    const [stolen = ''] = await appsOf(person);
    const second = await client.enrollTotp(person.accessToken);
    expect(await refusal(thief)).toBeUndefined();

    await remove(stolen, second.tokens);
    // Otherwise the session on a stolen phone would keep its evidence.
    expect(await refusal(thief)).toBe('STEP_UP_REQUIRED');
    expect(await authContext(thief)).toMatchObject({
      backupCodesRemaining: 10,
      assurance: { level: 'AAL1' },
    });
    nextStep();
    const { id } = await client.startSignIn({ identifier: person.email });
    await client.attempt(id, { password: person.password });
    expect((await client.attempt(id, { totp: client.totp(person.secret) })).code).toBe('PROOF_REJECTED');
    expect((await client.attempt(id, { totp: client.totp(second.secret) })).status).toBe('COMPLETE');
  });

  test('keeps evidence of other kinds', async () => {
    const person = await enrolled();
    const byCode = await client.signIn(person, { backupCode: person.codes[0] });
    const [first = ''] = await appsOf(person);
    const second = await client.enrollTotp(person.accessToken);
    await remove(first, second.tokens);
    expect(await refusal(byCode)).toBeUndefined();
  });

  test('and the other in parallel also removes the backup codes', async () => {
    const person = await enrolled();
    await client.enrollTotp(person.accessToken);
    const apps = await appsOf(person);
    expect(apps).toHaveLength(2);
    // Held where each has seen what is left, and goes on to void it: the second must not have come so far.
    const rows =
      'select 1 from session where user_id = (select user_id from email_address where address = $1)';
    const answers = await whileHeld(app.databaseUrl, rows, [person.email], 2, () =>
      Promise.all(apps.map((id) => remove(id, person))),
    );
    // The second request may find that its own evidence has been removed.
    expect(
      answers.filter(({ data }) => data?.removeAuthenticator?.__typename === 'RemovedAuthenticator').length,
    ).toBeGreaterThan(0);
    const left = await authContext(person);
    const isAnyLeft = left.authenticators.some((one) => one.factor === 'TOTP');
    expect(left.backupCodesRemaining).toBe(isAnyLeft ? 10 : 0);
  });
});

test('removing one authenticator five times in parallel removes it once', async () => {
  const person = await enrolled();
  const [id = ''] = await appsOf(person);
  const rows = 'select 1 from authenticator where id = $1';
  const answers = await whileHeld(app.databaseUrl, rows, [id], 5, () =>
    Promise.all(Array.from({ length: 5 }, () => remove(id, person))),
  );
  const outcomes = answers.map(
    ({ data, errors }) => data?.removeAuthenticator?.__typename ?? errors[0]?.extensions.code,
  );
  expect(outcomes.filter((one) => one === 'RemovedAuthenticator')).toHaveLength(1);
  for (const outcome of outcomes) {
    expect(['RemovedAuthenticator', 'NotFound', 'Conflict', 'ENROLLMENT_REQUIRED']).toContain(outcome);
  }
});

describe('removing an authenticator is refused', () => {
  test('without a session, and without a fresh second factor', async () => {
    const person = await enrolled();
    const [id = ''] = await appsOf(person);
    expect(refusalOf(await remove(id))).toBe('UNAUTHENTICATED');
    app.clock.advance(601);
    expect(refusalOf(await remove(id, person))).toBe('STEP_UP_REQUIRED');
    expect(await appsOf(person)).toEqual([id]);
  });

  test('in a session that has proved only the password', async () => {
    const person = await client.signUp();
    const other = await client.signIn(person);
    await client.enrollTotp(person.accessToken);
    const [id = ''] = await appsOf(person);
    expect(refusalOf(await remove(id, other))).toBe('STEP_UP_REQUIRED');
  });

  test('if it belongs to another user, is not a second factor, or does not exist', async () => {
    const [person, other] = [await enrolled(), await enrolled()];
    const [foreign = ''] = await appsOf(other);
    const password =
      (await authContext(person)).authenticators.find((one) => one.factor === 'PASSWORD')?.id ?? '';
    for (const id of [foreign, password, randomUUID(), 'no id', '', `${foreign}'--`]) {
      const { data } = await remove(id, person);
      expect(data.removeAuthenticator, id).toEqual({ __typename: 'NotFound', code: 'NOT_FOUND' });
    }
    expect(await appsOf(other)).toEqual([foreign]);
    expect(await refusal(person)).toBeUndefined();
  });
});

test('a sign-in that is waiting for a removed authenticator no longer accepts it', async () => {
  const person = await enrolled();
  const { id } = await client.startSignIn({ identifier: person.email });
  await client.attempt(id, { password: person.password });
  await remove((await appsOf(person))[0] ?? '', person);
  for (const proof of [{ totp: client.totp(person.secret) }, { backupCode: person.codes[0] }]) {
    const step = await client.attempt(id, proof);
    expect(step.session ?? null).toBeNull();
    expect(step.code).toBe('FACTOR_NOT_OFFERED');
  }
});

// A copied access token of a session whose owner later proves more (ASVS 5.0 section 7.2.4, RFC 9470). It grants only
// what both its claims and its session hold. It gains nothing from the owner's proofs or from a workflow that it
// drives, and it gets no newer tokens.
import { parse } from 'graphql';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { operationDigest } from '../../src/step-up/operation-digest.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, PASSWORD, type Step, TestClient, type Tokens } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { claimsOf, codeOf, isAlive, refresh } from './operations.ts';

let app: TestApp;
let client: TestClient;
/** The owner's authenticator app. */
let secret: string;
let email: string;
/** The tokens of an AAL1 session of a user with a second factor. The access token has been copied. */
let before: Tokens;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

beforeEach(async () => {
  const person = await client.signUp();
  const elsewhere = await client.signIn(person);
  ({ secret } = await client.enrollTotp(elsewhere.accessToken));
  ({ email } = person);
  before = person;
  app.clock.advance(30);
});

async function stepUp(tokens: Tokens, input: object = {}): Promise<Step> {
  app.clock.advance(30);
  const { id } = await client.startStepUp(input, tokens.accessToken);
  return client.attempt(id, { totp: client.totp(secret) }, tokens.accessToken);
}

/** The owner steps up in the session of the copied token. */
async function ownerStepsUp(): Promise<Tokens> {
  const { session } = await stepUp(before);
  if (session === null) throw new Error('The owner got no tokens.');
  return session;
}

const CHANGE = `mutation { changePassword(input: { newPassword: "${PASSWORD}", signOutOtherSessions: false }) { __typename } }`;
const GUARDED: readonly [what: string, document: string][] = [
  ['cannot get backup codes', 'mutation { regenerateBackupCodes { codes } }'],
  ['cannot change the password', CHANGE],
  ['cannot turn text messages off', 'mutation { setSmsFactors(enabled: false) { id } }'],
  ['cannot end the other sessions', 'mutation { revokeOtherSessions { count } }'],
  ['cannot read the audit log', '{ viewer { auditEvents { type } } }'],
];

describe('a token from before a step-up', () => {
  test.each(GUARDED)('%s, but a refreshed one can', async (_what, document) => {
    const owner = await ownerStepsUp();
    const refused = await client.graphql(document, {}, before.accessToken);
    expect(codeOf(refused)).toBe('STEP_UP_REQUIRED');
    expect(refused.headers.get('www-authenticate')).toContain('insufficient_user_authentication');
    expect((await client.graphql(document, {}, owner.accessToken)).errors).toEqual([]);
    const refreshed = await refresh(client, owner.refreshToken);
    expect((await client.graphql(document, {}, refreshed.accessToken)).errors).toEqual([]);
  });

  test('gets `refreshSuffices` exactly when a refresh is enough', async () => {
    const document = '{ viewer { auditEvents { type } } }';
    const unproved = await client.graphql(document, {}, before.accessToken);
    expect(unproved.errors[0]?.extensions).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      refreshSuffices: false,
    });
    await ownerStepsUp();
    const older = await client.graphql(document, {}, before.accessToken);
    expect(older.errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', refreshSuffices: true });
    app.clock.advance(570);
    const stale = await client.graphql(document, {}, before.accessToken);
    expect(stale.errors[0]?.extensions).toMatchObject({ code: 'UNAUTHENTICATED' });
  });

  test('still grants what it granted before', async () => {
    await ownerStepsUp();
    expect(await isAlive(client, before.accessToken)).toBe(true);
    const { data } = await client.graphql(
      '{ viewer { assurance { level acr evidence { factor } } } }',
      {},
      before.accessToken,
    );
    expect(data.viewer.assurance).toEqual({
      level: 'AAL1',
      acr: 'aal1',
      evidence: [{ factor: 'PASSWORD' }, { factor: 'EMAIL_CODE' }],
    });
  });

  test('of an AAL2 session keeps the age of its own proof', async () => {
    const first = await ownerStepsUp();
    app.clock.advance(500);
    const second = await stepUp(first);
    app.clock.advance(95);
    const document = '{ viewer { auditEvents { type } } }';
    expect((await client.graphql(document, {}, first.accessToken)).errors).not.toEqual([]);
    expect((await client.graphql(document, {}, second.session?.accessToken)).errors).toEqual([]);
  });

  test('gains nothing from a step-up that the session already meets', async () => {
    const owner = await ownerStepsUp();
    const asked = await client.startStepUp({ maxAge: 600 }, before.accessToken);
    expect(asked).toMatchObject({ status: 'NEEDS_PROOF', session: null });
    // A token that is fresh enough does not get new tokens without a proof either.
    const shortcut = await client.startStepUp({ maxAge: 600 }, owner.accessToken);
    expect(shortcut).toMatchObject({ status: 'COMPLETE', session: null });
    expect((await refresh(client, owner.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('cannot enroll a factor without its own proof', async () => {
    await ownerStepsUp();
    const started = await client.startEnrollment({ factor: 'TOTP' }, before.accessToken);
    expect(started).toMatchObject({ status: 'NEEDS_PROOF', totp: null });
  });

  test('cannot end another session by its id', async () => {
    const other = await client.signIn({ email, password: PASSWORD }, { totp: client.totp(secret, 1) });
    await ownerStepsUp();
    const document = 'mutation ($id: ID!) { revokeSession(id: $id) { __typename } }';
    const { sid } = claimsOf(other.accessToken);
    const refused = await client.graphql(document, { id: sid }, before.accessToken);
    expect(codeOf(refused)).toBe('STEP_UP_REQUIRED');
    expect(await isAlive(client, other.accessToken)).toBe(true);
  });

  test('in cookies is refused as well, until they are refreshed', async () => {
    const cookies = { 'x-stepgate-session': 'cookie' };
    const jar = ({ headers }: GraphQLAnswer): string =>
      headers
        .getSetCookie()
        .map((line) => line.split('; ', 1)[0])
        .join('; ');
    const granted = await client.graphql(
      'mutation ($t: String) { refreshSession(input: { refreshToken: $t }) { __typename } }',
      { t: before.refreshToken },
      undefined,
      cookies,
    );
    const old = { ...cookies, cookie: jar(granted) };
    app.clock.advance(30);
    const started = await client.graphql(
      'mutation { startStepUp(input: {}) { ... on StepUp { id } } }',
      {},
      undefined,
      old,
    );
    const done = await client.graphql(
      'mutation ($input: AttemptFactorInput!) { attemptFactor(input: $input) { ... on StepUp { status session { expiresAt } } } }',
      { input: { workflowId: started.data.startStepUp.id, proof: { totp: client.totp(secret) } } },
      undefined,
      old,
    );
    expect(done.data.attemptFactor.status).toBe('COMPLETE');
    const document = 'mutation { regenerateBackupCodes { codes } }';
    expect(codeOf(await client.graphql(document, {}, undefined, old))).toBe('STEP_UP_REQUIRED');
    const fresh = { ...cookies, cookie: jar(done) };
    expect((await client.graphql(document, {}, undefined, fresh)).errors).toEqual([]);
  });

  test('cannot consume a proof that the owner made for one operation', async () => {
    const mutation = 'mutation { transferEverything }';
    const owner = await stepUp(before, { operation: { query: mutation } });
    const digest = operationDigest({ document: parse(mutation), variables: {} });
    const use = async (token = ''): Promise<boolean> => {
      const consume = 'mutation ($digest: String!) { consumeOperationProof(digest: $digest) }';
      return (await client.graphql(consume, { digest }, token)).data.consumeOperationProof;
    };
    expect(await use(before.accessToken)).toBe(false);
    expect(await use(owner.session?.accessToken)).toBe(true);
  });

  test('does not regain a removed factor when the owner proves a new authenticator', async () => {
    const stolen = await ownerStepsUp(); // AAL2, by the app on a phone that is stolen
    const document = '{ viewer { authenticators { id factor } assurance { level } } }';
    const { data } = await client.graphql(document, {}, stolen.accessToken);
    const authenticator = data.viewer.authenticators.find((one: { factor: string }) => one.factor === 'TOTP');
    const removed = await client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id: authenticator.id },
      stolen.accessToken,
    );
    expect(removed.data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
    app.clock.advance(30);
    const { tokens } = await client.enrollTotp(stolen.accessToken);
    const levelOf = async (token: string): Promise<string> =>
      (await client.graphql(document, {}, token)).data.viewer.assurance.level;
    expect(await levelOf(tokens.accessToken)).toBe('AAL2');
    expect(await levelOf(stolen.accessToken)).toBe('AAL1');
  });
});

describe('a workflow that an older token drives', () => {
  test('returns no refresh token, leaves the owner’s valid, and the owner’s next refresh includes the proof', async () => {
    const owner = await refresh(client, before.refreshToken);
    const done = await stepUp(before);
    expect(done).toMatchObject({ status: 'COMPLETE', session: { refreshToken: '' } });
    // The proof counts for the session, but does not prolong it.
    const document = '{ viewer { auditEvents { type } } }';
    expect(codeOf(await client.graphql(document, {}, before.accessToken))).toBe('STEP_UP_REQUIRED');
    expect((await client.graphql(document, {}, done.session?.accessToken)).errors).toEqual([]);
    expect(claimsOf(done.session?.accessToken ?? '')['exp']).toBe(claimsOf(before.accessToken)['exp']);
    const next = await refresh(client, owner.refreshToken);
    expect((await client.graphql(document, {}, next.accessToken)).errors).toEqual([]);
  });

  test('returns no refresh token when it enrolls an authenticator', async () => {
    const person = await client.signUp();
    const owner = await refresh(client, person.refreshToken);
    const started = await client.startEnrollment({ factor: 'TOTP' }, person.accessToken);
    const totp = client.totp(started.totp?.secret ?? '');
    const done = await client.attempt(started.id, { totp }, person.accessToken);
    expect(done).toMatchObject({ status: 'COMPLETE', session: { refreshToken: '' } });
    expect((await refresh(client, owner.refreshToken)).__typename).toBe('SessionGrant');
  });

  test('does not count what the owner proves elsewhere in the session', async () => {
    const { id } = await client.startEnrollment({ factor: 'TOTP' }, before.accessToken);
    await ownerStepsUp();
    const read = '{ workflow(id: "ID") { status } }'.replace('ID', id);
    const { data } = await client.graphql(read, {}, before.accessToken);
    expect(data.workflow.status).toBe('NEEDS_PROOF');
    const attempted = await client.attempt(id, { password: PASSWORD }, before.accessToken);
    expect(attempted.code).toBe('FACTOR_NOT_OFFERED');
  });

  test('cannot be one that needs newer evidence: the older token does not find it', async () => {
    const owner = await ownerStepsUp();
    const started = await client.startEnrollment({ factor: 'TOTP' }, owner.accessToken);
    expect(started.status).toBe('NEEDS_ENROLLMENT');
    const proof = { totp: client.totp(started.totp?.secret ?? '') };
    const read = '{ workflow(id: "ID") { status } }'.replace('ID', started.id);
    expect((await client.graphql(read, {}, before.accessToken)).data.workflow).toBeNull();
    for (let guess = 0; guess < 6; guess += 1) {
      const attempted = await client.attempt(started.id, proof, before.accessToken);
      expect(attempted.code).toBe('WORKFLOW_NOT_FOUND');
    }
    // A refresh in between does not affect the owner, and no attempt was counted.
    const refreshed = await refresh(client, owner.refreshToken);
    expect((await client.attempt(started.id, proof, refreshed.accessToken)).status).toBe('COMPLETE');
  });

  test('adds its evidence to the session, even when two tokens prove at the same time', async () => {
    const owner = await ownerStepsUp();
    await stepUp(before);
    const [row] = await query<{ evidence: { factor: string }[] }>(
      app.databaseUrl,
      'select evidence from session where id = $1',
      [claimsOf(owner.accessToken).sid],
    );
    expect(row?.evidence.map(({ factor }) => factor).toSorted()).toEqual(['EMAIL_CODE', 'PASSWORD', 'TOTP']);
    expect((await refresh(client, owner.refreshToken)).__typename).toBe('SessionGrant');
  });
});

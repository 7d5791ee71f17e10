// A user who came with an identity provider and loses it: it is switched off, or unlinked. Against the example provider.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Step, TestClient } from '../../harness/client.ts';
import { AheadClock, MachineClock } from '../../harness/clock.ts';
import { IdentityProvider } from '../../harness/identity-provider.ts';
import { enrollPasskey, provePasskey, signInWithPasskey } from '../../harness/passkeys.ts';
import { appWith, attempt, callback, entry, native, prepare, signInWith, visit } from './visits.ts';

const PASSWORD = 'a password beside the provider';
const SET_PASSWORD = `mutation ($newPassword: String!) {
  changePassword(input: { newPassword: $newPassword }) {
    __typename ... on User { identities { id } } ... on UserError { code }
  }
}`;
const UNLINK = `mutation ($identityId: ID!) {
  unlinkProvider(identityId: $identityId) { __typename ... on UserError { code } }
}`;

let provider: IdentityProvider;
let app: TestApp;
let client: TestClient;
let email: string;

beforeAll(async () => {
  provider = await IdentityProvider.start({ redirectUris: [callback('work'), native('work')] });
  app = await appWith([entry('work', provider, { addresses: 'email_verified' })]);
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await provider[Symbol.asyncDispose]();
});
beforeEach(() => {
  const sub = randomUUID();
  email = `${sub}@example.com`;
  provider.visitor = { sub, email, email_verified: true };
});

/** Fresh evidence is at most ten minutes old. */
const LATE_SECONDS = 660;

interface Newcomer {
  readonly token: string;
  readonly identityId: string;
  readonly authenticator: SoftwareAuthenticator;
}

/** Signs up with the provider, sets a password and enrolls a passkey. */
async function signUp(): Promise<Newcomer> {
  const token = (await signInWith(client, 'work')).session?.accessToken ?? '';
  const { data, errors } = await client.graphql(SET_PASSWORD, { newPassword: PASSWORD }, token);
  expect(errors).toEqual([]);
  const authenticator = new SoftwareAuthenticator({ origin: 'http://localhost:4000' });
  const { tokens } = await enrollPasskey(client, token, authenticator);
  return { token: tokens.accessToken, identityId: data.changePassword.identities[0].id, authenticator };
}

const firstFactors = ({ factors }: Step): string[] => factors.map(({ factor }) => factor);

/** With the password and the passkey, and with the passkey alone. */
async function expectWaysIn(at: TestClient, { authenticator }: Newcomer): Promise<void> {
  const { id } = await at.startSignIn({ identifier: email });
  expect((await at.attempt(id, { password: PASSWORD })).status).toBe('NEEDS_SECOND_FACTOR');
  expect((await provePasskey(at, id, authenticator)).status).toBe('COMPLETE');
  const alone = await signInWithPasskey(at, authenticator);
  expect(alone.status).toBe('COMPLETE');
  const viewer = '{ viewer { emailAddresses { address } assurance { level } } }';
  expect((await at.graphql(viewer, {}, alone.session?.accessToken)).data.viewer).toEqual({
    emailAddresses: [{ address: email }],
    assurance: { level: 'AAL2' },
  });
}

describe('a user who signed up with a provider, and added a password and a passkey', () => {
  test('signs in after the provider was switched off; a sign-in there that had begun signs nobody in', async () => {
    const newcomer = await signUp();
    const { id } = await client.startSignIn({});
    const { proof } = await visit(client, id, 'work');
    await using without = await startTestApp({}, app.databaseUrl, new MachineClock());
    const at = new TestClient(without);
    expect((await attempt(at, id, proof)).code).toBe('FACTOR_NOT_OFFERED');
    expect(firstFactors(await at.startSignIn({ identifier: email }))).not.toContain('OAUTH');
    await expectWaysIn(at, newcomer);
  });

  test('signs in after the account at the provider was unlinked, which signs in nobody’s account any more', async () => {
    const newcomer = await signUp();
    const { identityId, token, authenticator } = newcomer;
    const operation = { query: UNLINK, variables: { identityId } };
    const stepUp = await client.startStepUp({ require: 'STRONGEST_ENROLLED', operation }, token);
    const approved = await provePasskey(client, stepUp.id, authenticator, {}, token);
    const { data } = await client.graphql(UNLINK, { identityId }, approved.session?.accessToken);
    expect(data.unlinkProvider.__typename).toBe('User');
    await expectWaysIn(client, newcomer);
    // The same address at the provider leads to the user once more, and only with the passkey.
    expect((await signInWith(client, 'work')).status).toBe('NEEDS_SECOND_FACTOR');
  });

  test('is told of the password as of a new sign-in method, and of its next change as of a change', async () => {
    const { token } = await signUp();
    await client.graphql(SET_PASSWORD, { newPassword: 'another password, which is long' }, token);
    const subjects = (await client.inbox()).filter(({ to }) => to === email).map(({ subject }) => subject);
    expect(subjects.filter((one) => one === 'Your password was changed')).toHaveLength(1);
    const texts = (await client.inbox()).filter(({ to }) => to === email).map(({ text }) => text);
    expect(texts.join()).toContain('A password was added to your account.');
  });
});

describe('the first password', () => {
  test('needs a fresh sign-in: a session that was left open sets none', async () => {
    const { accessToken = '', refreshToken = '' } = (await signInWith(client, 'work')).session ?? {};
    expect((await client.graphql('{ viewer { id } }', {}, accessToken)).errors).toEqual([]);
    await using later = await startTestApp({}, app.databaseUrl, new AheadClock(LATE_SECONDS));
    const at = new TestClient(later);
    const refresh = `mutation ($refreshToken: String!) {
      refreshSession(input: { refreshToken: $refreshToken }) { ... on SessionGrant { accessToken } }
    }`;
    const { data } = await at.graphql(refresh, { refreshToken });
    const renewed = data.refreshSession.accessToken;
    const { errors } = await at.graphql(SET_PASSWORD, { newPassword: PASSWORD }, renewed);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('a user with a second factor proves that, and not the provider', async () => {
    const token = (await signInWith(client, 'work')).session?.accessToken ?? '';
    await client.enrollTotp(token);
    const again = await signInWith(client, 'work');
    expect(again.status).toBe('NEEDS_SECOND_FACTOR');
    const { errors } = await client.graphql(SET_PASSWORD, { newPassword: PASSWORD }, token);
    expect(errors[0]?.extensions.code).toBe('STEP_UP_REQUIRED');
  });

  test('of parallel ones with one token, one is kept, and it is one that was chosen', async () => {
    const token = (await signInWith(client, 'work')).session?.accessToken ?? '';
    const chosen = Array.from({ length: 4 }, (_, at) => `the long password number ${at}`);
    const replies = await Promise.all(
      chosen.map((newPassword) => client.graphql(SET_PASSWORD, { newPassword }, token)),
    );
    expect(replies.some(({ data }) => data.changePassword?.__typename === 'User')).toBe(true);
    const accepted = [];
    for (const password of chosen) {
      const { id } = await client.startSignIn({ identifier: email });
      if ((await client.attempt(id, { password })).status === 'COMPLETE') accepted.push(password);
    }
    expect(accepted).toHaveLength(1);
  });
});

describe('the example provider', () => {
  const PREPARE = { providerId: 'example' };

  test('that does not run is PROVIDER_UNAVAILABLE, and the message says how to start it; nothing else waits for it', async () => {
    await using example = await startTestApp({ EXAMPLE_PROVIDER: 'http://localhost:9' });
    expect(example.log.filter((line) => line.includes('identity provider'))).toEqual([]);
    const at = new TestClient(example);
    const { data } = await at.graphql('{ settings { firstFactors providers { id name isExample } } }');
    expect(data.settings).toEqual({
      firstFactors: expect.arrayContaining(['OAUTH']),
      providers: [{ id: 'example', name: 'Example provider', isExample: true }],
    });
    const { id: workflowId } = await at.startSignIn({});
    const headers = { 'x-stepgate-session': 'hybrid' };
    const { reply } = await prepare(at, { workflowId, ...PREPARE }, { headers });
    expect(reply).toMatchObject({
      code: 'PROVIDER_UNAVAILABLE',
      message: 'The example provider is not running. Start it with `npm run provider`.',
    });
    const person = await at.signUp();
    await at.signIn(person);
  });

  test('is marked, and other providers are not', async () => {
    const { data } = await client.graphql('{ settings { providers { id isExample } } }');
    expect(data.settings.providers).toEqual([{ id: 'work', isExample: false }]);
  });
});

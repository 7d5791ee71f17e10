// A user without a password: with a mailbox and a passkey, or with a passkey alone, where the tenant allows it.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Step, TestClient, tokensOf } from '../../harness/client.ts';
import {
  creationOf,
  enrollPasskey,
  provePasskey,
  requestOf,
  signInWithPasskey,
} from '../../harness/passkeys.ts';
import { query } from '../../harness/sql.ts';

let app: TestApp;
let client: TestClient;
beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  await query(
    app.databaseUrl,
    `insert into tenant (id, password_use, second_factor, created_at)
     values ('open', 'OPTIONAL', 'OPTIONAL', now()), ('strict', 'OPTIONAL', 'REQUIRED', now())`,
  );
});
afterAll(() => app[Symbol.asyncDispose]());

const newKey = (saying: object = {}) =>
  new SoftwareAuthenticator({ origin: 'http://localhost:4000', ...saying });

async function viewerOf(token: string) {
  const { data } = await client.graphql(
    '{ viewer { id assurance { level } emailAddresses { address verifiedAt } authenticators { id factor } } }',
    {},
    token,
  );
  return data.viewer;
}

async function signIn(key: SoftwareAuthenticator, tenant: string, forgery: object = {}): Promise<Step> {
  const { id } = await client.startSignIn({ tenant });
  return provePasskey(client, id, key, forgery);
}

/** Signs up with a passkey alone. */
async function alone(tenant = 'open') {
  const key = newKey();
  const started = await client.startSignUp({ tenant, name: 'Jane' });
  const done = await client.attempt(started.id, { passkey: key.create(creationOf(started)) });
  return { key, started, done };
}

describe('a sign-up without a password', () => {
  test('is refused where the tenant does not allow it, with and without an address', async () => {
    for (const input of [{ email: 'a@example.com' }, {}])
      expect(await client.startSignUp(input)).toMatchObject({ code: 'PASSWORD_REQUIRED' });
    expect(await client.inbox()).toEqual([]);
    const { data } = await client.graphql(
      '{ default: settings { passwordUse } open: settings(tenant: "open") { passwordUse } }',
    );
    expect(data).toEqual({ default: { passwordUse: 'REQUIRED' }, open: { passwordUse: 'OPTIONAL' } });
  });

  test('with an address and a passkey needs both, and the session is AAL2', async () => {
    const email = 'both@example.com';
    const key = newKey({ userVerified: false });
    const started = await client.startSignUp({ email, tenant: 'open' });
    expect(started).toMatchObject({ status: 'NEEDS_PROOF', material: null });
    const passkey = { id: 'AAAA', rawId: 'AAAA', type: 'public-key' };
    const early = { ...passkey, response: { clientDataJSON: 'AAAA', attestationObject: 'AAAA' } };
    expect((await client.attempt(started.id, { passkey: early })).code).toBe('FACTOR_NOT_OFFERED');
    const step = await client.attempt(started.id, { emailCode: await client.codeFor(email) });
    expect(step).toMatchObject({
      status: 'NEEDS_ENROLLMENT',
      session: null,
      factors: [{ factor: 'PASSKEY', needsPreparing: false }],
    });
    // The account does not exist before it has a passkey.
    const { id } = await client.startSignIn({ identifier: email, tenant: 'open' });
    await client.prepare(id, 'EMAIL_CODE');
    const mails = (await client.inbox()).filter(({ to }) => to === email);
    expect(mails).toHaveLength(1);
    const done = await client.attempt(started.id, { passkey: key.create(creationOf(step)) });
    expect(done).toMatchObject({ status: 'COMPLETE' });
    expect(done.backupCodes).toHaveLength(10);
    const viewer = await viewerOf(tokensOf(done).accessToken);
    expect(viewer).toMatchObject({
      assurance: { level: 'AAL2' },
      emailAddresses: [{ address: email, verifiedAt: expect.any(String) }],
      authenticators: [{ factor: 'PASSKEY' }],
    });
  });

  test('with a passkey alone asks for a verified user, and the user signs in with it', async () => {
    const { key, started, done } = await alone();
    expect(started).toMatchObject({
      status: 'NEEDS_ENROLLMENT',
      factors: [{ factor: 'PASSKEY', needsPreparing: false }],
    });
    expect(creationOf(started)).toMatchObject({
      user: { name: 'Jane', displayName: 'Jane' },
      authenticatorSelection: { userVerification: 'required' },
    });
    expect(done.status).toBe('COMPLETE');
    // The registration is not signed, so it proves no second category.
    expect(await viewerOf(tokensOf(done).accessToken)).toMatchObject({
      assurance: { level: 'AAL1' },
      emailAddresses: [],
    });
    const again = await signIn(key, 'open');
    expect(again.status).toBe('COMPLETE');
    expect(await viewerOf(tokensOf(again).accessToken)).toMatchObject({ assurance: { level: 'AAL2' } });
    expect((await signInWithPasskey(client, key)).code).toBe('PROOF_REJECTED');
  });

  test('takes no passkey that does not verify its user as the only way in', async () => {
    const started = await client.startSignUp({ tenant: 'open' });
    const weak = newKey({ userVerified: false }).create(creationOf(started));
    expect(await client.attempt(started.id, { passkey: weak })).toMatchObject({ code: 'PROOF_REJECTED' });
  });

  test('where a second factor is required, uses the new passkey once, with verification', async () => {
    const { key, started, done } = await alone('strict');
    expect(done).toMatchObject({ status: 'NEEDS_PROOF', session: null, factors: [{ factor: 'PASSKEY' }] });
    const prepared = await client.prepare(started.id, 'PASSKEY');
    const weak = key.get(requestOf(prepared), { userVerified: false });
    expect(await client.attempt(started.id, { passkey: weak })).toMatchObject({
      status: 'NEEDS_PROOF',
      session: null,
    });
    // Its challenge is used up, although the workflow goes on.
    const again = key.get(requestOf(prepared));
    expect(await client.attempt(started.id, { passkey: again })).toMatchObject({ code: 'PROOF_REJECTED' });
    const last = await provePasskey(client, started.id, key);
    expect(last.status).toBe('COMPLETE');
    expect(await viewerOf(tokensOf(last).accessToken)).toMatchObject({ assurance: { level: 'AAL2' } });
  });

  test('with a password needs an address', async () => {
    expect(await client.startSignUp({ password: 'correct horse battery', tenant: 'open' })).toMatchObject({
      code: 'INVALID_INPUT',
      fields: [{ path: 'email' }],
    });
  });

  test('of a taken address gets the same answer and never continues', async () => {
    const email = 'both@example.com';
    const taken = await client.startSignUp({ email, tenant: 'open' });
    const free = await client.startSignUp({ email: 'free@example.com', tenant: 'open' });
    const shape = ({ status, factors, material }: Step) => ({ status, factors, material });
    expect(shape(taken)).toEqual(shape(free));
    expect((await client.attempt(taken.id, { emailCode: '000000' })).code).toBe('PROOF_REJECTED');
  });

  test('of two parallel registrations in one sign-up, one wins', async () => {
    const started = await client.startSignUp({ tenant: 'open' });
    const keys = [newKey(), newKey(), newKey()];
    const steps = await Promise.all(
      keys.map((key) => client.attempt(started.id, { passkey: key.create(creationOf(started)) })),
    );
    expect(steps.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
    const ins = await Promise.all(keys.map((key) => signIn(key, 'open')));
    expect(ins.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
  });
});

describe('the last way in', () => {
  const remove = async (id: string, token: string) => {
    const { data, errors } = await client.graphql(
      'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
      { id },
      token,
    );
    return errors[0]?.extensions.code ?? data.removeAuthenticator.__typename;
  };

  test('cannot be removed, also when two requests remove the last two passkeys at once', async () => {
    const { key } = await alone();
    const { accessToken } = tokensOf(await signIn(key, 'open'));
    const [only] = (await viewerOf(accessToken)).authenticators;
    expect(await remove(only.id, accessToken)).toBe('LastWayIn');
    const other = newKey();
    const { id, tokens } = await enrollPasskey(client, accessToken, other);
    const results = await Promise.all([only.id, id].map((one) => remove(one, tokens.accessToken)));
    expect(results).toContain('RemovedAuthenticator');
    expect(results.filter((one) => one === 'RemovedAuthenticator')).toHaveLength(1);
    const steps = [await signIn(key, 'open'), await signIn(other, 'open')];
    expect(steps.filter(({ status }) => status === 'COMPLETE')).toHaveLength(1);
  });

  test('is the mailbox as well, so a user with one can remove their passkey', async () => {
    const { accessToken } = await client.signUp();
    const { id, tokens } = await enrollPasskey(client, accessToken, newKey());
    expect(await remove(id, tokens.accessToken)).toBe('RemovedAuthenticator');
  });

  test('an administrator cannot remove it either', async () => {
    const { key, done } = await alone();
    const { id } = await viewerOf(tokensOf(done).accessToken);
    const admin = await alone();
    await query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [
      (await viewerOf(tokensOf(admin.done).accessToken)).id,
    ]);
    const { accessToken } = tokensOf(await signIn(admin.key, 'open'));
    const { data } = await client.graphql(
      'mutation ($id: ID!) { removeSecondFactors(id: $id) { __typename } }',
      { id },
      accessToken,
    );
    expect(data.removeSecondFactors.__typename).toBe('LastWayIn');
    expect((await signIn(key, 'open')).status).toBe('COMPLETE');
  });
});

// What passkeys open: enrollment, a sign-in with and without an identifier, a second step, a step-up.
import { decodeJwt } from 'jose';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SoftwareAuthenticator } from '../../../src/cli/demo/software-authenticator.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type Person, type Step, TestClient, tokensOf } from '../../harness/client.ts';
import {
  creationOf,
  enrollPasskey,
  provePasskey,
  requestOf,
  signInWithPasskey,
} from '../../harness/passkeys.ts';
import { query } from '../../harness/sql.ts';

const ORIGIN = 'http://localhost:4000';

let app: TestApp;
let client: TestClient;
beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

interface Holder extends Person {
  readonly key: SoftwareAuthenticator;
  readonly passkeyId: string;
}

async function holder(
  saying: Partial<ConstructorParameters<typeof SoftwareAuthenticator>[0]> = {},
): Promise<Holder> {
  const person = await client.signUp();
  const key = new SoftwareAuthenticator({ origin: ORIGIN, ...saying });
  const { id, tokens } = await enrollPasskey(client, person.accessToken, key, { label: 'Laptop' });
  return { ...person, ...tokens, key, passkeyId: id };
}

async function assuranceOf(token: string) {
  const { data } = await client.graphql(
    '{ viewer { id assurance { level amr evidence { factor categories amr } } authenticators { id factor label lastUsedAt } } }',
    {},
    token,
  );
  return data.viewer;
}

describe('enrollment', () => {
  test('gives creation options and no step to prepare, and stores the credential with its flags', async () => {
    const person = await client.signUp();
    const key = new SoftwareAuthenticator({ origin: ORIGIN, backupEligible: true, backedUp: true });
    const started = await client.startEnrollment({ factor: 'PASSKEY', label: 'Laptop' }, person.accessToken);
    expect(started).toMatchObject({
      status: 'NEEDS_ENROLLMENT',
      factors: [{ factor: 'PASSKEY', needsPreparing: false }],
    });
    expect(creationOf(started)).toMatchObject({
      rp: { id: 'localhost', name: 'localhost' },
      user: { name: person.email },
      pubKeyCredParams: [-8, -7, -257].map((alg) => ({ type: 'public-key', alg })),
      authenticatorSelection: { residentKey: 'required', userVerification: 'preferred' },
      attestation: 'none',
      excludeCredentials: [],
    });
    const prepared = await client.prepare(started.id, 'PASSKEY', person.accessToken);
    expect(prepared.code).toBe('FACTOR_NOT_OFFERED');
    const done = await client.attempt(
      started.id,
      { passkey: key.create(creationOf(started)) },
      person.accessToken,
    );
    expect(done).toMatchObject({ status: 'COMPLETE' });
    expect(done.backupCodes).toHaveLength(10);
    const { authenticators, assurance } = await assuranceOf(tokensOf(done).accessToken);
    expect(authenticators).toMatchObject([{ factor: 'PASSWORD' }, { factor: 'PASSKEY', label: 'Laptop' }]);
    // The flag of user verification is not signed in a registration.
    expect(assurance.evidence).toContainEqual({
      factor: 'PASSKEY',
      categories: ['POSSESSION'],
      amr: ['swk', 'user'],
    });
    const [row] = await query<{ data: object; secret: string }>(
      app.databaseUrl,
      "select data, secret from authenticator where factor = 'PASSKEY'",
    );
    expect(row?.secret).toBe('');
    expect(row?.data).toMatchObject({
      credentialId: key.passkeys[0]?.id,
      counter: 0,
      backupEligible: true,
      backedUp: true,
      verifiesUser: true,
      transports: ['internal'],
    });
  });

  test('names the product that keeps the passkey, if it is known, and nothing for a made-up one', async () => {
    const { accessToken } = await client.signUp();
    const models = ['bada5566-a7aa-401f-bd96-45619a55120d', '12345678-1234-1234-1234-123456789abc'];
    let token = accessToken;
    for (const aaguid of models)
      token = (await enrollPasskey(client, token, new SoftwareAuthenticator({ origin: ORIGIN, aaguid })))
        .tokens.accessToken;
    const { data } = await client.graphql('{ viewer { authenticators { factor model } } }', {}, token);
    expect(data.viewer.authenticators).toEqual([
      { factor: 'PASSWORD', model: null },
      { factor: 'PASSKEY', model: '1Password' },
      { factor: 'PASSKEY', model: null },
    ]);
  });

  test('a user can have several passkeys, and the options exclude those they have', async () => {
    const one = await holder();
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, one.accessToken);
    expect(creationOf(started).excludeCredentials).toEqual([
      { type: 'public-key', id: one.key.passkeys[0]?.id, transports: ['internal'] },
    ]);
    const other = new SoftwareAuthenticator({ origin: ORIGIN });
    const done = await client.attempt(
      started.id,
      { passkey: other.create(creationOf(started)) },
      one.accessToken,
    );
    expect(done).toMatchObject({ status: 'COMPLETE', backupCodes: null });
    expect((await signInWithPasskey(client, other)).status).toBe('COMPLETE');
    expect((await signInWithPasskey(client, one.key)).status).toBe('COMPLETE');
  });
});

describe('a sign-in without an identifier', () => {
  test('offers passkeys only, and a verified user is signed in with AAL2 by a single step', async () => {
    const one = await holder();
    const started = await client.startSignIn({});
    expect(started).toMatchObject({
      status: 'NEEDS_FIRST_FACTOR',
      factors: [{ factor: 'PASSKEY', authenticatorId: null, hint: null, needsPreparing: true }],
    });
    const done = await provePasskey(client, started.id, one.key);
    expect(done).toMatchObject({ status: 'COMPLETE' });
    const { accessToken } = tokensOf(done);
    const { assurance, authenticators } = await assuranceOf(accessToken);
    expect(assurance).toEqual({
      level: 'AAL2',
      amr: ['hwk', 'user', 'mfa'],
      evidence: [{ factor: 'PASSKEY', categories: ['POSSESSION', 'INHERENCE'], amr: ['hwk', 'user'] }],
    });
    expect(authenticators.at(-1).lastUsedAt).not.toBeNull();
    expect(decodeJwt(accessToken)).toMatchObject({ acr: 'aal2', mfa: { u: ['passkey'], v: true } });
  });

  test('the new session opens what asks for a second factor, and its user is told of the new device', async () => {
    const one = await holder();
    const { accessToken } = tokensOf(await signInWithPasskey(client, one.key));
    const { data, errors } = await client.graphql('{ viewer { auditEvents { type } } }', {}, accessToken);
    expect(errors).toEqual([]);
    expect(data.viewer.auditEvents).toContainEqual({ type: 'sign-in.complete' });
    const subjects = (await client.inbox()).filter((one_) => one_.to === one.email).map((it) => it.subject);
    expect(subjects).toContain('New sign-in to your account');
  });

  test('without user verification, the user proves another category next, and the workflow is theirs', async () => {
    const one = await holder({ userVerified: false });
    const { id } = await client.startSignIn({});
    const step = await provePasskey(client, id, one.key);
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    expect(step.factors.map(({ factor }) => factor).toSorted()).toEqual([
      'EMAIL_CODE',
      'EMAIL_LINK',
      'PASSWORD',
    ]);
    const wrong = await client.attempt(id, { password: 'not the password of anyone' });
    expect(wrong.code).toBe('PROOF_REJECTED');
    // Guesses after the passkey count for the account, not for the workflow.
    const [lockout] = await query<{ subject: string }>(
      app.databaseUrl,
      'select subject from lockout order by updated_at desc limit 1',
    );
    const viewer = await assuranceOf(one.accessToken);
    expect(lockout?.subject).toBe(`user:${viewer.id}`);
    const done = await client.attempt(id, { password: one.password });
    expect(done.status).toBe('COMPLETE');
    expect((await assuranceOf(tokensOf(done).accessToken)).assurance.level).toBe('AAL2');
  });

  test('takes no other factor, and unknown tenants are reported as ever', async () => {
    const { id } = await client.startSignIn({});
    for (const proof of [{ password: 'x' }, { totp: '000000' }, { emailCode: '000000' }])
      expect((await client.attempt(id, proof)).code).toBe('FACTOR_NOT_OFFERED');
    expect((await client.startSignIn({ tenant: 'nobody' })).code).toBe('TENANT_NOT_FOUND');
  });

  test('knows the device again', async () => {
    const one = await holder();
    const first = await signInWithPasskey(client, one.key);
    const device = first.session?.deviceToken ?? '';
    const before = (await client.inbox()).length;
    const { id } = await client.startSignIn({}, device);
    const prepared = await client.prepare(id, 'PASSKEY');
    const again = await client.attempt(id, { passkey: one.key.get(requestOf(prepared)) }, undefined, device);
    expect(again.status).toBe('COMPLETE');
    expect((await client.inbox()).length).toBe(before);
  });
});

describe('after an identifier', () => {
  test('a passkey is the first step, and the request lists no credential', async () => {
    const one = await holder();
    const { id } = await client.startSignIn({ identifier: one.email });
    const prepared = await client.prepare(id, 'PASSKEY');
    expect(requestOf(prepared)).toMatchObject({
      rpId: 'localhost',
      userVerification: 'preferred',
      allowCredentials: [],
    });
    expect(await provePasskey(client, id, one.key)).toMatchObject({ status: 'COMPLETE' });
  });

  test('a passkey is the second step after a password, and the request lists the passkeys of the user', async () => {
    const one = await holder({ userVerified: false });
    const { id } = await client.startSignIn({ identifier: one.email });
    const step = await client.attempt(id, { password: one.password });
    expect(step).toMatchObject({ status: 'NEEDS_SECOND_FACTOR' });
    expect(step.factors).toContainEqual({
      factor: 'PASSKEY',
      authenticatorId: null,
      hint: 'Laptop',
      needsPreparing: true,
    });
    const prepared = await client.prepare(id, 'PASSKEY');
    expect(requestOf(prepared).allowCredentials).toEqual([
      { type: 'public-key', id: one.key.passkeys[0]?.id, transports: ['internal'] },
    ]);
    const done = await client.attempt(id, { passkey: one.key.get(requestOf(prepared)) });
    expect(done.status).toBe('COMPLETE');
    expect((await assuranceOf(tokensOf(done).accessToken)).assurance.level).toBe('AAL2');
  });

  test('an unknown identifier gets the same steps, and no passkey opens them', async () => {
    const one = await holder();
    const shape = ({ status, factors, challenge }: Step) => ({
      status,
      factors,
      challenge: {
        ...challenge,
        sentAt: '',
        expiresAt: '',
        request: { ...requestOf({ challenge } as Step), challenge: '' },
      },
    });
    const real = await client.startSignIn({ identifier: one.email });
    const decoy = await client.startSignIn({ identifier: 'nobody@example.com' });
    const [ofReal, ofDecoy] = [
      await client.prepare(real.id, 'PASSKEY'),
      await client.prepare(decoy.id, 'PASSKEY'),
    ];
    expect(shape(ofDecoy)).toEqual(shape(ofReal));
    const rejected = await client.attempt(decoy.id, { passkey: one.key.get(requestOf(ofDecoy)) });
    expect(rejected).toMatchObject({ code: 'PROOF_REJECTED', attemptsRemaining: 4 });
    const wrong = await client.attempt(real.id, {
      passkey: one.key.get(requestOf(ofReal), { challenge: 'AAAA' }),
    });
    expect({ ...wrong }).toEqual({ ...rejected });
  });
});

describe('a step-up', () => {
  test('that accepts passkeys only takes a passkey and raises the session', async () => {
    const one = await holder();
    app.clock.advance(3600);
    const { accessToken } = tokensOf(await signInWithPasskey(client, one.key));
    app.clock.advance(400);
    const started = await client.startStepUp({ accept: ['PASSKEY'], maxAge: 300 }, accessToken);
    expect(started).toMatchObject({ status: 'NEEDS_PROOF', factors: [{ factor: 'PASSKEY' }] });
    const done = await provePasskey(client, started.id, one.key, {}, accessToken);
    expect(done.status).toBe('COMPLETE');
  });

  test('a first use with verification after a password initializes verification, and later uses count as two', async () => {
    const one = await holder({ userVerified: false });
    const alone = await signInWithPasskey(client, one.key, { userVerified: true });
    // Anyone who finds a key without a PIN can set one.
    expect(alone.status).toBe('NEEDS_SECOND_FACTOR');
    const { id } = await client.startSignIn({ identifier: one.email });
    await client.attempt(id, { password: one.password });
    expect((await provePasskey(client, id, one.key, { userVerified: true })).status).toBe('COMPLETE');
    expect((await signInWithPasskey(client, one.key, { userVerified: true })).status).toBe('COMPLETE');
  });
});

test('a removed passkey opens nothing, and its evidence is gone', async () => {
  const one = await holder();
  const { data } = await client.graphql(
    `mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename ... on RemovedAuthenticator { factor } } }`,
    { id: one.passkeyId },
    one.accessToken,
  );
  expect(data.removeAuthenticator).toEqual({ __typename: 'RemovedAuthenticator', factor: 'PASSKEY' });
  expect((await signInWithPasskey(client, one.key)).code).toBe('PROOF_REJECTED');
  expect((await assuranceOf(one.accessToken)).assurance.level).toBe('AAL1');
});

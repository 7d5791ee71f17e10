// A young factor does not rule: it meets no field with `minFactorAge`, and removes no older factor. Whoever got into an
// account for a moment cannot take it over before its owner has noticed.
import { parse } from 'graphql';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { SoftwareAuthenticator } from '../../src/cli/demo/software-authenticator.ts';
import { authContextFrom } from '../../src/policy/claims.ts';
import { refuseStepUp } from '../../src/policy/decision.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { requirement } from '../../src/policy/requirement.ts';
import { operationDigest } from '../../src/step-up/operation-digest.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, type Step, TestClient, type Tokens } from '../harness/client.ts';
import { approveOn, enrollDevice } from '../harness/device-owner.ts';
import { enrollPasskey, provePasskey } from '../harness/passkeys.ts';
import { query } from '../harness/sql.ts';
import { claimsOf } from './operations.ts';

const DAY = 86_400;
const STEP_UP = `mutation ($input: StartStepUpInput!) {
  startStepUp(input: $input) {
    __typename ... on StepUp { id status factors { factor } } ... on FactorTooYoung { code oldEnoughAt }
  }
}`;
const REMOVE = 'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ ACCESS_TOKEN_SECONDS: '3600' });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const seconds = (): number => Math.floor(app.clock.now().getTime() / 1000);
const policy = (age: number): Promise<unknown> =>
  query(app.databaseUrl, 'update tenant set min_factor_age_seconds = $1', [age]);

/** A user with an authenticator app since yesterday. */
async function settled(): Promise<{ person: Person; secret: string; backupCodes: readonly string[] }> {
  const person = await client.signUp();
  const { secret, backupCodes } = await client.enrollTotp(person.accessToken);
  app.clock.advance(DAY + 60);
  return { person, secret, backupCodes };
}

/** The claim `mfa.a`. */
function agesIn(token: string): Readonly<Record<string, number>> {
  return (claimsOf(token) as { mfa?: { a?: Record<string, number> } }).mfa?.a ?? {};
}

async function signIn(person: Person, secret: string): Promise<Tokens> {
  app.clock.advance(30);
  return client.signIn(person, { totp: client.totp(secret) });
}

/** Adds a second authenticator app, and proves that one in a session of its own. */
async function intrude(person: Person, secret: string): Promise<{ tokens: Tokens; secret: string }> {
  const added = await client.enrollTotp((await signIn(person, secret)).accessToken);
  return { tokens: await signIn(person, added.secret), secret: added.secret };
}

/** @returns signs in with the passkey of a new user. */
async function passkeyOwner(): Promise<() => Promise<Step>> {
  const { accessToken, email, password } = await client.signUp();
  const key = new SoftwareAuthenticator({ origin: 'http://localhost:4000' });
  await enrollPasskey(client, accessToken, key);
  return async () => {
    const { id } = await client.startSignIn({ identifier: email });
    await client.attempt(id, { password });
    return provePasskey(client, id, key);
  };
}

/** @returns signs in with the approval of a new user's device. */
async function deviceOwner(): Promise<() => Promise<Step>> {
  const { accessToken, email, password } = await client.signUp();
  const device = await enrollDevice(client, accessToken);
  return async () => {
    const { id } = await client.startSignIn({ identifier: email });
    await client.attempt(id, { password });
    await approveOn(device, client, id);
    return client.attempt(id, { deviceApproval: true });
  };
}

async function idsOf(token: string): Promise<string[]> {
  const { data } = await client.graphql('{ viewer { authenticators { id factor createdAt } } }', {}, token);
  return data.viewer.authenticators
    .filter(({ factor }: { factor: string }) => factor === 'TOTP')
    .map(({ id }: { id: string }) => id);
}

describe('the age of a factor', () => {
  test('is in the access token and in the evidence, for an app, a phone number and a set of backup codes', async () => {
    const person = await client.signUp();
    const at = seconds();
    const { secret, backupCodes } = await client.enrollTotp(person.accessToken);
    const phone = await client.enrollPhone((await signIn(person, secret)).accessToken, '+12025550101');
    app.clock.advance(DAY);
    const enrolled = async (proof: object, id: string): Promise<number> => {
      const { accessToken } = await client.signIn(person, proof);
      const { data } = await client.graphql(
        '{ viewer { assurance { evidence { factor enrolledAt } } } }',
        {},
        accessToken,
      );
      const claim = agesIn(accessToken)[id] ?? 0;
      const shown = data.viewer.assurance.evidence.map((one: { enrolledAt: string }) =>
        Date.parse(one.enrolledAt),
      );
      expect(shown).toContain(claim * 1000);
      return claim - at;
    };
    expect(await enrolled({ totp: client.totp(secret) }, 'totp')).toBeLessThan(5);
    expect(await enrolled({ backupCode: backupCodes[0] }, 'backup-code')).toBeLessThan(5);
    const { id } = await client.startSignIn({ identifier: person.email });
    await client.attempt(id, { password: person.password });
    await client.prepare(id, 'PHONE_CODE', undefined, phone.id);
    const done = await client.attempt(id, { phoneCode: await client.codeFor('+12025550101') });
    const ages = agesIn(done.session?.accessToken ?? '');
    expect((ages['otp-phone'] ?? 0) - at).toBeLessThan(60);
    expect(ages['emailpassword']).toBeDefined();
  });

  test.each<[FactorKind, () => Promise<() => Promise<Step>>]>([
    ['PASSKEY', passkeyOwner],
    ['DEVICE_APPROVAL', deviceOwner],
  ])(
    'of %s is that of its enrollment: an hour is too young for a field, and a day is not',
    async (kind, enroll) => {
      const prove = await enroll();
      const isOpen = async (): Promise<boolean> => {
        const claims = claimsOf((await prove()).session?.accessToken ?? '');
        const demand = requirement({ accept: [kind], minFactorAge: DAY });
        return refuseStepUp(authContextFrom(claims, seconds()), demand, seconds()) === null;
      };
      app.clock.advance(3600);
      expect(await isOpen()).toBe(false);
      app.clock.advance(DAY);
      expect(await isOpen()).toBe(true);
    },
  );

  test('begins again when a factor is removed and enrolled again, and when backup codes are made again', async () => {
    const { person, secret } = await settled();
    const { accessToken } = await signIn(person, secret);
    const { data } = await client.graphql('mutation { regenerateBackupCodes { codes } }', {}, accessToken);
    const before = seconds();
    const byCode = await client.signIn(person, { backupCode: data.regenerateBackupCodes.codes[0] });
    const age = (token: string, id: string) => agesIn(token)[id] ?? 0;
    expect(age(byCode.accessToken, 'backup-code')).toBeGreaterThanOrEqual(before - 5);
    const [id] = await idsOf(byCode.accessToken);
    await client.graphql(REMOVE, { id }, byCode.accessToken);
    const again = await client.signIn(person);
    const enrolled = await client.enrollTotp(again.accessToken);
    expect(age(enrolled.tokens.accessToken, 'totp')).toBeGreaterThanOrEqual(before);
    expect(age((await signIn(person, enrolled.secret)).accessToken, 'totp')).toBeGreaterThanOrEqual(before);
  });

  test('of a number that an older node turned on is unknown, and so counts as none', async () => {
    const person = await client.signUp();
    const phone = await client.enrollPhone(person.accessToken, '+12025550102');
    await query(app.databaseUrl, 'update phone_number set second_factor_at = null where id = $1', [phone.id]);
    app.clock.advance(2 * DAY);
    const { id } = await client.startSignIn({ identifier: person.email });
    await client.attempt(id, { password: person.password });
    await client.prepare(id, 'PHONE_CODE', undefined, phone.id);
    const done = await client.attempt(id, { phoneCode: await client.codeFor('+12025550102') });
    const ages = agesIn(done.session?.accessToken ?? '');
    expect(ages).not.toHaveProperty('otp-phone');
  });
});

describe('a step-up for a field with minFactorAge', () => {
  test('offers only factors of which one is old enough', async () => {
    const { person, secret } = await settled();
    const { accessToken } = await signIn(person, secret);
    await client.enrollPhone(accessToken, '+12025550103');
    const { accessToken: later } = await signIn(person, secret);
    const { data } = await client.graphql(STEP_UP, { input: { minFactorAge: DAY } }, later);
    const offered: string[] = data.startStepUp.factors.map(({ factor }: { factor: string }) => factor);
    expect(new Set(offered)).toEqual(new Set(['BACKUP_CODE', 'TOTP']));
  });

  test('says when the first factor is old enough if all are too young, and is complete at once with an old one', async () => {
    const person = await client.signUp();
    const { secret } = await client.enrollTotp(person.accessToken);
    const at = seconds();
    const { accessToken } = await signIn(person, secret);
    const { data } = await client.graphql(
      STEP_UP,
      { input: { minFactorAge: DAY, maxAge: 600 } },
      accessToken,
    );
    expect(data.startStepUp.code).toBe('FACTOR_TOO_YOUNG');
    expect(Math.abs(Date.parse(data.startStepUp.oldEnoughAt) / 1000 - at - DAY)).toBeLessThan(5);
    app.clock.advance(DAY);
    const later = await signIn(person, secret);
    const done = await client.graphql(
      STEP_UP,
      { input: { minFactorAge: DAY, maxAge: 600 } },
      later.accessToken,
    );
    expect(done.data.startStepUp.status).toBe('COMPLETE');
  });

  test('a bound proof of a young factor is not consumed, and one of an old factor is', async () => {
    const consume = (token: string, digest: string, minFactorAge: number) =>
      client.graphql(
        'mutation ($d: String!, $a: Int) { consumeOperationProof(digest: $d, minFactorAge: $a) }',
        { d: digest, a: minFactorAge },
        token,
      );
    const { person, secret } = await settled();
    const young = await intrude(person, secret);
    const operation = { query: 'mutation { regenerateBackupCodes { codes } }' };
    const digest = operationDigest({ document: parse(operation.query), variables: {} }) ?? '';
    for (const [which, passes] of [
      [young.secret, false],
      [secret, true],
    ] as const) {
      app.clock.advance(30);
      const { accessToken } = await client.signIn(person, { totp: client.totp(which) });
      app.clock.advance(30);
      const { id } = await client.startStepUp({ operation }, accessToken);
      const done = await client.attempt(id, { totp: client.totp(which) }, accessToken);
      const token = done.session?.accessToken ?? '';
      expect((await consume(token, digest, DAY)).data.consumeOperationProof).toBe(passes);
    }
  });
});

describe('where a tenant sets the age of a factor', () => {
  beforeAll(() => policy(DAY));
  afterAll(() => policy(0));

  test('a young factor removes no older one, which the refusal explains, and the older one removes it', async () => {
    const { person, secret } = await settled();
    const young = await intrude(person, secret);
    const [older, younger] = await idsOf(young.tokens.accessToken);
    const refused = await client.graphql(REMOVE, { id: older }, young.tokens.accessToken);
    expect(refused.errors[0]?.extensions).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      remedy: 'STEP_UP',
      minFactorAge: DAY,
    });
    expect(refused.errors[0]?.extensions['oldEnoughAt']).toBeGreaterThan(seconds());
    const { accessToken } = await signIn(person, secret);
    expect(await idsOf(accessToken)).toHaveLength(2);
    const removed = await client.graphql(REMOVE, { id: younger }, accessToken);
    expect(removed.data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
  });

  test('a young factor removes itself, and an older one a day after it was enrolled', async () => {
    const { person, secret } = await settled();
    const first = await intrude(person, secret);
    const [, itself] = await idsOf(first.tokens.accessToken);
    const gone = await client.graphql(REMOVE, { id: itself }, first.tokens.accessToken);
    expect(gone.data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
    const second = await intrude(person, secret);
    app.clock.advance(DAY);
    const { accessToken } = await signIn(person, second.secret);
    const [older] = await idsOf(accessToken);
    const removed = await client.graphql(REMOVE, { id: older }, accessToken);
    expect(removed.data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
  });

  test('a young factor neither replaces older backup codes nor turns off an older phone number', async () => {
    const { person, secret } = await settled();
    const { accessToken } = await signIn(person, secret);
    const phone = await client.enrollPhone(accessToken, '+12025550104');
    app.clock.advance(DAY + 60);
    const young = await intrude(person, secret);
    const token = young.tokens.accessToken;
    for (const mutation of [
      'mutation { regenerateBackupCodes { codes } }',
      `mutation { setPhoneSecondFactor(id: "${phone.id}", enabled: false) { __typename } }`,
      'mutation { setSmsFactors(enabled: false) { id } }',
      `mutation { removeAuthenticator(id: "${phone.id}") { __typename } }`,
    ]) {
      const { errors } = await client.graphql(mutation, {}, token);
      expect([mutation, errors[0]?.extensions['minFactorAge']]).toEqual([mutation, DAY]);
    }
  });

  test('a token from before the older factor was proved again gains nothing', async () => {
    const { person, secret } = await settled();
    const young = await intrude(person, secret);
    app.clock.advance(30);
    const { id } = await client.startStepUp({}, young.tokens.accessToken);
    const done = await client.attempt(id, { totp: client.totp(secret) }, young.tokens.accessToken);
    const [older] = await idsOf(young.tokens.accessToken);
    const stale = await client.graphql(REMOVE, { id: older }, young.tokens.accessToken);
    expect(stale.errors[0]?.extensions).toMatchObject({ code: 'STEP_UP_REQUIRED', refreshSuffices: true });
    const fresh = await client.graphql(REMOVE, { id: older }, done.session?.accessToken);
    expect(fresh.data.removeAuthenticator.__typename).toBe('RemovedAuthenticator');
  });
});

// Backup codes over HTTP: accepted once each, as people type them, never as a first factor, and invalid once replaced.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { type GraphQLAnswer, type Person, type Step, TestClient } from '../../harness/client.ts';
import { query } from '../../harness/sql.ts';
import { whileHeld } from '../held-rows.ts';

const REGENERATE = 'mutation { regenerateBackupCodes { codes } }';
const REMAINING = '{ viewer { backupCodesRemaining } }';
/** A user's backup codes. */
const ROWS = `select 1 from backup_code where user_id = (select user_id from email_address where address = $1)`;

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

/** A user with an authenticator app and ten backup codes, in a session that has just proved the app. */
async function enrolled(): Promise<Enrolled> {
  const person = await client.signUp();
  const { secret, backupCodes, tokens } = await client.enrollTotp(person.accessToken);
  return { ...person, ...tokens, secret, codes: backupCodes };
}

async function remaining(token: string): Promise<number> {
  return (await client.graphql(REMAINING, {}, token)).data.viewer.backupCodesRemaining as number;
}

/** A sign-in that waits for the second factor. */
async function halfSignedIn({ email, password }: Person): Promise<string> {
  const { id } = await client.startSignIn({ identifier: email });
  expect((await client.attempt(id, { password })).status).toBe('NEEDS_SECOND_FACTOR');
  return id;
}

async function prove(person: Person, backupCode: string): Promise<Step> {
  return client.attempt(await halfSignedIn(person), { backupCode });
}

const refusalOf = ({ errors }: GraphQLAnswer): string | undefined => errors[0]?.extensions.code;

describe('a backup code', () => {
  test('is issued with the first second factor, and only then', async () => {
    const person = await enrolled();
    expect(person.codes).toHaveLength(10);
    expect(await remaining(person.accessToken)).toBe(10);
    app.clock.advance(30);
    const second = await client.enrollTotp(person.accessToken);
    expect(second.backupCodes).toEqual([]);
    expect(await remaining(person.accessToken)).toBe(10);
  });

  test('is one of ten, however many enrollments complete in parallel', async () => {
    const { accessToken } = await client.signUp();
    const started = await Promise.all(
      Array.from({ length: 4 }, () => client.startEnrollment({ factor: 'TOTP' }, accessToken)),
    );
    await Promise.all(
      started.map(({ id, totp }) =>
        client.attempt(id, { totp: client.totp(totp?.secret ?? '') }, accessToken),
      ),
    );
    expect(await remaining(accessToken)).toBe(10);
  });

  test('replaces the second factor, once', async () => {
    const person = await enrolled();
    const [code = ''] = person.codes;
    const step = await prove(person, code);
    expect(step.status).toBe('COMPLETE');
    expect(await remaining(step.session?.accessToken ?? '')).toBe(9);
    expect((await prove(person, code)).code).toBe('PROOF_REJECTED');
    expect((await prove(person, person.codes[1] ?? '')).status).toBe('COMPLETE');
  });

  test('is accepted by only one of ten parallel sign-ins', async () => {
    const person = await enrolled();
    const workflows: string[] = [];
    for (let count = 0; count < 10; count += 1) workflows.push(await halfSignedIn(person));
    const [backupCode = ''] = person.codes;
    const steps = await whileHeld(app.databaseUrl, ROWS, [person.email], 5, () =>
      Promise.all(workflows.map((id) => client.attempt(id, { backupCode }))),
    );
    expect(steps.filter((step) => step.status === 'COMPLETE')).toHaveLength(1);
    expect(steps.filter((step) => step.session != null)).toHaveLength(1);
    expect(await remaining(person.accessToken)).toBe(9);
  });

  test('is listed in the options with the number that are left', async () => {
    const person = await enrolled();
    await prove(person, person.codes[0] ?? '');
    const { id } = await client.startSignIn({ identifier: person.email });
    const step = await client.attempt(id, { password: person.password });
    expect(step.factors.find((one) => one.factor === 'BACKUP_CODE')?.hint).toBe('9 left');
  });

  test('is neither offered nor accepted when all are used', async () => {
    const person = await enrolled();
    for (const code of person.codes) expect((await prove(person, code)).status).toBe('COMPLETE');
    const { id } = await client.startSignIn({ identifier: person.email });
    const step = await client.attempt(id, { password: person.password });
    expect(step.factors.map((one) => one.factor)).toEqual(['TOTP']);
    expect((await client.attempt(id, { backupCode: person.codes[0] ?? '' })).code).toBe('FACTOR_NOT_OFFERED');
  });
});

test('a backup code is accepted as people type it', async () => {
  const person = await enrolled();
  const typed = person.codes[0]?.toLowerCase().replaceAll('-', ' ') ?? '';
  expect((await prove(person, ` ${typed}`)).status).toBe('COMPLETE');
});

test.each([
  ['nothing', () => ''],
  ['a missing group', (code: string) => code.slice(0, -5)],
  ['an extra symbol', (code: string) => `${code}0`],
  ['another symbol', (code: string) => (code.startsWith('2') ? '3' : '2') + code.slice(1)],
  ['two codes at once', (code: string, other: string) => `${code} ${other}`],
])('a malformed backup code is rejected: %s', async (_what, change) => {
  const person = await enrolled();
  const [code = '', other = ''] = person.codes;
  expect((await prove(person, change(code, other))).code).toBe('PROOF_REJECTED');
  expect(await remaining(person.accessToken)).toBe(10);
});

describe('a backup code alone does not sign in:', () => {
  test('a sign-in neither offers nor accepts one as the first factor', async () => {
    const { email, password, codes } = await enrolled();
    const started = await client.startSignIn({ identifier: email });
    expect(started.factors.map((one) => one.factor)).not.toContain('BACKUP_CODE');
    expect((await client.attempt(started.id, { backupCode: codes[0] ?? '' })).code).toBe(
      'FACTOR_NOT_OFFERED',
    );
    expect((await client.attempt(started.id, { password })).status).toBe('NEEDS_SECOND_FACTOR');
    const { data } = await client.graphql('{ settings { firstFactors } }');
    expect(data.settings.firstFactors).not.toContain('BACKUP_CODE');
  });

  test('one that is left after the last second factor is removed does not count', async () => {
    const person = await enrolled();
    await query(
      app.databaseUrl,
      `delete from authenticator a using email_address e
       where e.user_id = a.user_id and a.factor = 'TOTP' and e.address = $1`,
      [person.email],
    );
    const stepUp = { startStepUp: 'mutation { startStepUp(input: {}) { ... on UserError { code } } }' };
    const { data } = await client.graphql(stepUp.startStepUp, {}, person.accessToken);
    expect(data.startStepUp).toEqual({ code: 'ENROLLMENT_REQUIRED' });
    const { id } = await client.startSignIn({ identifier: person.email });
    expect((await client.attempt(id, { backupCode: person.codes[0] ?? '' })).code).toBe('FACTOR_NOT_OFFERED');
  });
});

describe('a set of backup codes that is left after the last second factor is removed', () => {
  /** A user without an authenticator app who still has backup codes. */
  async function withLeftovers(): Promise<Enrolled> {
    const person = await enrolled();
    await query(
      app.databaseUrl,
      `delete from authenticator a using email_address e
       where e.user_id = a.user_id and a.factor = 'TOTP' and e.address = $1`,
      [person.email],
    );
    return person;
  }

  test('does not block enrollment, and the next enrollment replaces it', async () => {
    const person = await withLeftovers();
    app.clock.advance(30);
    const { accessToken } = await client.signIn(person);
    const again = await client.enrollTotp(accessToken);
    expect(again.backupCodes).toHaveLength(10);
    expect(await remaining(again.tokens.accessToken)).toBe(10);
    expect((await prove(person, person.codes[0] ?? '')).code).toBe('PROOF_REJECTED');
    expect((await prove(person, again.backupCodes[0] ?? '')).status).toBe('COMPLETE');
  });

  test('is replaced by one set of ten, however many enrollments complete in parallel', async () => {
    const person = await withLeftovers();
    app.clock.advance(30);
    const { accessToken } = await client.signIn(person);
    const started = await Promise.all(
      Array.from({ length: 3 }, () => client.startEnrollment({ factor: 'TOTP' }, accessToken)),
    );
    const steps = await whileHeld(app.databaseUrl, ROWS, [person.email], 3, () =>
      Promise.all(
        started.map(({ id, totp }) =>
          client.attempt(id, { totp: client.totp(totp?.secret ?? '') }, accessToken),
        ),
      ),
    );
    const winners = steps.filter((step) => step.status === 'COMPLETE');
    expect(winners).toHaveLength(1);
    expect(steps.filter((step) => step.code === 'CONFLICT')).toHaveLength(2);
    expect(await remaining(winners[0]?.session?.accessToken ?? '')).toBe(10);
    expect((await prove(person, winners[0]?.backupCodes?.[0] ?? '')).status).toBe('COMPLETE');
  });
});

describe('new backup codes', () => {
  test('invalidate the old ones, used or not, and notify the user', async () => {
    const person = await enrolled();
    await prove(person, person.codes[0] ?? '');
    const { data } = await client.graphql(REGENERATE, {}, person.accessToken);
    const codes = data.regenerateBackupCodes.codes as string[];
    expect(codes).toHaveLength(10);
    expect(new Set([...codes, ...person.codes]).size).toBe(20);
    expect(await remaining(person.accessToken)).toBe(10);
    for (const old of person.codes.slice(0, 2))
      expect((await prove(person, old)).code).toBe('PROOF_REJECTED');
    expect((await prove(person, codes[0] ?? '')).status).toBe('COMPLETE');
    const notice = (await client.inbox()).find((one) => one.subject === 'New backup codes');
    expect(notice?.to).toBe(person.email);
    expect(notice?.text).not.toMatch(/[0-9A-Z]{4}-[0-9A-Z]{4}/);
  });

  test('are one set of ten after five parallel requests', async () => {
    const person = await enrolled();
    const answers = await whileHeld(app.databaseUrl, ROWS, [person.email], 5, () =>
      Promise.all(Array.from({ length: 5 }, () => client.graphql(REGENERATE, {}, person.accessToken))),
    );
    expect(await remaining(person.accessToken)).toBe(10);
    const outcomes: (string | undefined)[] = [];
    for (const { data } of answers) {
      const [code] = (data?.regenerateBackupCodes?.codes ?? []) as string[];
      if (code !== undefined) outcomes.push((await prove(person, code)).status ?? 'refused');
    }
    expect(outcomes.filter((one) => one === 'COMPLETE')).toHaveLength(1);
  });

  test('cannot be made while the last second factor is being removed', async () => {
    const person = await enrolled();
    const { data } = await client.graphql(
      '{ viewer { authenticators { id factor } } }',
      {},
      person.accessToken,
    );
    const authenticator = data.viewer.authenticators.find((one: { factor: string }) => one.factor === 'TOTP');
    // Both wait for the user's row. In either order, no code is left without a second factor.
    const user = `select 1 from user_account where id = (select user_id from email_address where address = $1)`;
    await whileHeld(app.databaseUrl, user, [person.email], 2, () => {
      const removed = client.graphql(
        'mutation ($id: ID!) { removeAuthenticator(id: $id) { __typename } }',
        { id: authenticator.id },
        person.accessToken,
      );
      return Promise.all([removed, client.graphql(REGENERATE, {}, person.accessToken)]);
    });
    expect(await query(app.databaseUrl, ROWS, [person.email])).toEqual([]);
  });

  test('need a fresh second factor', async () => {
    const person = await enrolled();
    expect(refusalOf(await client.graphql(REGENERATE))).toBe('UNAUTHENTICATED');
    app.clock.advance(601);
    expect(refusalOf(await client.graphql(REGENERATE, {}, person.accessToken))).toBe('STEP_UP_REQUIRED');
    expect(await remaining(person.accessToken)).toBe(10);
    expect((await prove(person, person.codes[0] ?? '')).status).toBe('COMPLETE');
  });

  test('cannot be made in a session that has proved only the password', async () => {
    const person = await client.signUp();
    const other = await client.signIn(person);
    await client.enrollTotp(person.accessToken);
    expect(refusalOf(await client.graphql(REGENERATE, {}, other.accessToken))).toBe('STEP_UP_REQUIRED');
  });

  test('cannot be made for a user without a second factor', async () => {
    const { accessToken } = await client.signUp();
    expect(refusalOf(await client.graphql(REGENERATE, {}, accessToken))).toBe('ENROLLMENT_REQUIRED');
    expect(await remaining(accessToken)).toBe(0);
  });
});

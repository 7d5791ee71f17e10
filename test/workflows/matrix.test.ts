// Each first factor × each second factor, enrolled or not × each workflow × each policy, for a user who is not signed
// in. A session or a new password exists exactly when the oracle says so.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { PASSWORD } from '../harness/client.ts';
import { FIRST, MEANS, type Means, meansOf } from './matrix/means.ts';
import {
  accountTakes,
  type Beginning,
  BY_BEGINNING,
  newPasswordTakes,
  POLICIES,
  type Proved,
  SITUATIONS,
  type Situation,
  sessionTakes,
} from './matrix/oracle.ts';
import { type Person, proofOf, putBack } from './matrix/people.ts';
import {
  asEvidence,
  client,
  countOfRefusals,
  db,
  evidenceOf,
  guessOf,
  isSilent,
  NEW_PASSWORD,
  NOBODY,
  openMatrix,
  personOf,
  provedMeans,
  refuse,
  refuseNewPassword,
  stateOf,
  type Trial,
  tenantOf,
  walkEveryWay,
} from './matrix/walk.ts';

let matrix: AsyncDisposable;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix[Symbol.asyncDispose]());

/** A place is tried once, so most cells try little. Fewer rejections than this mean that a place is no longer tried. */
const REFUSALS = 1000;

describe('the matrix: a sign-in', () => {
  test.each(BY_BEGINNING)('$policy, with $enrolled, by $title', async (cell) => {
    const person = personOf(cell);
    const { ways, granted } = await walkEveryWay({
      cell,
      person,
      start: () => client.startSignIn({ identifier: person[cell.to], tenant: tenantOf(cell.policy) }),
      first: cell.first,
      to: person[cell.to],
      suffices: sessionTakes(cell),
      isGranted: (step) => step.session !== null,
      atEveryStep: refuseNewPassword,
      atTheEnd: async (step, proved) => {
        expect(step.status).toBe('COMPLETE');
        expect(await evidenceOf(step.session?.session.id)).toEqual(asEvidence(proved));
      },
    });
    expect(granted).toBe(isSilent({ cell, person }, person[cell.to]) ? 0 : ways);
  });
});

describe('the matrix: a password reset', () => {
  const resetOf = (cell: Situation & Beginning, person: Person): Trial => ({
    cell,
    person,
    start: () => client.startPasswordReset({ identifier: person[cell.to], tenant: tenantOf(cell.policy) }),
    first: cell.first,
    to: person[cell.to],
    suffices: newPasswordTakes(cell),
    isGranted: (step) => step.status === 'NEEDS_NEW_PASSWORD',
    atEveryStep: refuseNewPassword,
    atAnEndOfItsKind: async ({ id }) => {
      const before = await stateOf(person);
      expect((await client.chooseNewPassword(id, NEW_PASSWORD)).status).toBe('COMPLETE');
      // It does not sign in, ends existing sessions, and changes only the password.
      expect(await stateOf(person)).toEqual({ ...before, password: expect.any(String), sessions: null });
      const { id: signIn } = await client.startSignIn({
        identifier: person.email,
        tenant: tenantOf(cell.policy),
      });
      expect((await client.attempt(signIn, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
      expect((await client.attempt(signIn, { password: NEW_PASSWORD })).code).toBeUndefined();
    },
  });

  test.each(BY_BEGINNING)('$policy, with $enrolled, by $title', async (cell) => {
    const person = personOf(cell);
    const { ways, granted } = await walkEveryWay(resetOf(cell, person));
    // A passkey, a certificate or a provider reaches nobody, so no reset begins with one.
    const isNoReplacement = ['PASSWORD', 'PASSKEY', 'CERTIFICATE', 'OAUTH'].includes(cell.first);
    expect(granted).toBe(isNoReplacement || isSilent({ cell, person }, person[cell.to]) ? 0 : ways);
  });

  // A user without access to the mailbox has no replacement for the password, so a person must help.
  const lost = BY_BEGINNING.filter(({ policy, to }) => policy === 'OPTIONAL' && to !== 'email');
  test.each(lost)(
    'of a user without access to the mailbox, with $enrolled, by $title: never',
    async (cell) => {
      const person = personOf(cell);
      const { granted } = await walkEveryWay({
        ...resetOf(cell, person),
        prepare: () => db.query('delete from email_address where user_id = $1', [person.userId]),
        atADeadEnd: (step) => expect(step).toMatchObject({ status: 'FAILED', remedy: 'ADMINISTRATOR' }),
      });
      expect(granted).toBe(0);
    },
  );
});

describe('the matrix: a sign-up', () => {
  const PROVE_ADDRESS: readonly Means[] = ['EMAIL_CODE', 'EMAIL_LINK'];

  test.each(
    POLICIES.flatMap((policy) => (['EMAIL_CODE', 'EMAIL_LINK'] as const).map((first) => ({ policy, first }))),
  )('$policy, by $first', async ({ policy, first }) => {
    const situation: Situation = { policy, enrolled: 'no second factor' };
    const email = `${randomUUID()}@example.com`;
    const tenant = tenantOf(policy);
    const started = await client.startSignUp({ email, password: PASSWORD, tenant });
    const proved: Proved[] = [{ factor: 'PASSWORD', worth: 'KNOWLEDGE' }];
    const suffices = accountTakes(situation);
    const others = MEANS.filter((means) => !PROVE_ADDRESS.includes(means));
    await refuse(started.id, others, { person: NOBODY, offered: PROVE_ADDRESS });
    await refuseNewPassword(started.id);
    let step = await client.attempt(started.id, await proofOf(client, started.id, first, email));
    proved.push({ factor: first, worth: 'KNOWLEDGE' });
    expect(step.session !== null).toBe(suffices(proved));
    if (step.session === null) {
      expect(step.status).toBe('NEEDS_ENROLLMENT');
      await refuse(started.id, FIRST, { person: NOBODY });
      step = await client.attempt(started.id, { totp: client.totp(step.totp?.secret ?? '') });
      proved.push({ factor: 'TOTP', worth: 'POSSESSION' });
    }
    expect(step.session !== null).toBe(suffices(proved));
    expect(await evidenceOf(step.session?.session.id)).toEqual(asEvidence(proved));
  });

  test.each(SITUATIONS)('$policy, for the address of a user with $enrolled: never', async (situation) => {
    const person = personOf(situation);
    await putBack(db, person);
    const before = await stateOf(person);
    const tenant = tenantOf(situation.policy);
    const started = await client.startSignUp({ email: person.email, password: 'another password', tenant });
    const elsewhere = await client.startSignIn({ identifier: person.email, tenant });
    const code = await proofOf(client, elsewhere.id, 'EMAIL_CODE', person.email);
    const link = await proofOf(client, elsewhere.id, 'EMAIL_LINK', person.email);
    await client.prepare(started.id, 'EMAIL_LINK');
    for (const proof of [code, link]) {
      expect((await client.attempt(started.id, proof)).code).toBe('PROOF_REJECTED');
    }
    await refuse(started.id, ['PASSWORD', 'TOTP', 'BACKUP_CODE', 'PHONE_CODE'], { person });
    await refuseNewPassword(started.id);
    expect(await stateOf(person)).toEqual(before);
  });
});

describe('the matrix: an unknown identifier', () => {
  const decoys = POLICIES.flatMap((policy) =>
    (['startSignIn', 'startPasswordReset'] as const).flatMap((start) =>
      ['nobody@example.com', '+14155559999'].map((identifier) => ({ policy, start, identifier })),
    ),
  );
  test.each(decoys)('$policy, $start, $identifier: never', async ({ policy, start, identifier }) => {
    await db.query('delete from lockout');
    const { id, factors } = await client[start]({ identifier, tenant: tenantOf(policy) });
    const messages = (await client.inbox()).length;
    expect(factors).not.toEqual([]);
    for (const { factor, needsPreparing } of factors.filter(
      (one) => !['PASSWORD', 'CERTIFICATE', 'OAUTH'].includes(one.factor),
    )) {
      expect(needsPreparing).toBe(true);
      expect((await client.prepare(id, factor)).challenge).toMatchObject({ factor, hint: null });
    }
    expect(await client.inbox()).toHaveLength(messages);
    await refuseNewPassword(id);
    const offered = factors.map((one) => one.factor as Means).filter((means) => !means.endsWith('LINK'));
    for (let attempt = 0; attempt < 5; attempt += 1) {
      const guess = guessOf(offered[attempt % offered.length] ?? 'PASSWORD');
      expect((await client.attempt(id, guess)).code).toBe('PROOF_REJECTED');
    }
    expect((await client.attempt(id, guessOf('PASSWORD'))).code).toBe('WORKFLOW_ENDED');
    expect((await client.chooseNewPassword(id, NEW_PASSWORD)).code).toBe('WORKFLOW_ENDED');
  });
});

test('the matrix tried what is not offered at a plausible number of places', () => {
  expect(countOfRefusals()).toBeGreaterThanOrEqual(REFUSALS);
});

test('the matrix proved every factor of the registry', () => {
  expect([...provedMeans()].toSorted()).toEqual(MEANS.toSorted());
});

test('a factor that the matrix cannot prove fails, and the message says what is missing', () => {
  expect(() => meansOf(['PASSWORD', 'KEY_FOB'])).toThrow(/cannot prove KEY_FOB\. .*WAYS .*means\.ts/);
});

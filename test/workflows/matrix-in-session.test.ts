// Each first factor × each second factor, enrolled or not × each workflow × each policy, for a signed-in user whose
// session started with one factor. A step-up, a password change or an added factor succeeds exactly when the oracle
// says so.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { FIRST } from './matrix/means.ts';
import { BY_SESSION, freshnessTakes, hasSecondFactor } from './matrix/oracle.ts';
import { proofOf, putBack } from './matrix/people.ts';
import {
  asEvidence,
  changePassword,
  client,
  countOfRefusals,
  db,
  evidenceOf,
  heldBy,
  openMatrix,
  personOf,
  tenantOf,
  walkEveryWay,
} from './matrix/walk.ts';

let matrix: AsyncDisposable;
beforeAll(async () => {
  matrix = await openMatrix();
});
afterAll(() => matrix[Symbol.asyncDispose]());

/** A place is tried once, so most cells try little. Fewer rejections than this mean that a place is no longer tried. */
const REFUSALS = 1500;

describe('the matrix: a step-up of a stale session', () => {
  test.each(BY_SESSION)('$policy, with $enrolled, that started with only $first', async (cell) => {
    const person = personOf(cell);
    const { id, accessToken: token } = person.sessions[cell.first];
    const held = heldBy(cell);
    await putBack(db, person);
    if (!hasSecondFactor(cell)) {
      expect((await client.startStepUp({}, token)).code).toBe('ENROLLMENT_REQUIRED');
    }
    const require = hasSecondFactor(cell) ? 'SECOND_FACTOR' : 'STRONGEST_ENROLLED';
    const { ways, granted } = await walkEveryWay({
      cell,
      person,
      token,
      start: () => client.startStepUp({ require }, token),
      suffices: freshnessTakes(cell, held),
      isGranted: (step) => step.session !== null,
      atEveryStep: async () => expect(await changePassword(token)).toBe('refused'),
      atTheEnd: async (step, proved) => {
        expect(step.status).toBe('COMPLETE');
        expect(await evidenceOf(id)).toEqual(asEvidence([...held, ...proved]));
        const stronger = step.session?.accessToken ?? '';
        const { data } = await client.graphql('{ viewer { assurance { level } } }', {}, stronger);
        expect(data.viewer.assurance.level).toBe(hasSecondFactor(cell) ? 'AAL2' : 'AAL1');
      },
      atAnEndOfItsKind: async (step) => {
        // The older token gains nothing.
        expect(await changePassword(token)).toBe('refused');
        expect(await changePassword(step.session?.accessToken ?? '')).toBe('changed');
      },
    });
    expect(granted).toBe(ways);
  });
});

describe('the matrix: an enrollment in a stale session', () => {
  test.each(BY_SESSION)('$policy, with $enrolled, that started with only $first', async (cell) => {
    const person = personOf(cell);
    const { id, accessToken: token } = person.sessions[cell.first];
    const held = heldBy(cell);
    const isFresh = freshnessTakes(cell, held);
    const { ways, granted } = await walkEveryWay({
      cell,
      person,
      token,
      start: () => client.startEnrollment({ factor: 'TOTP' }, token),
      // The last proof is of the new app itself.
      suffices: (proved) => isFresh(proved.slice(0, -1)) && proved.at(-1)?.factor === 'TOTP',
      isGranted: (step) => step.session !== null,
      mayEnroll: isFresh,
      atEveryStep: async (_id, proved) => {
        if (!isFresh(proved)) expect(await changePassword(token)).toBe('refused');
      },
      atTheEnd: async (step, proved) => {
        expect(step.status).toBe('COMPLETE');
        expect(step.backupCodes === null).toBe(hasSecondFactor(cell));
        expect(await evidenceOf(id)).toEqual(asEvidence([...held, ...proved]));
      },
    });
    expect(granted).toBe(ways);
  });
});

describe('the matrix: an enrollment in a fresh session', () => {
  test.each(FIRST)('that started with only %s', async (first) => {
    const person = personOf({ policy: 'OPTIONAL', enrolled: 'no second factor' });
    await putBack(db, person);
    const identifier = first.startsWith('PHONE') ? person.number : person.email;
    const { id } = await client.startSignIn({ identifier, tenant: tenantOf('OPTIONAL') });
    const { session } = await client.attempt(id, await proofOf(client, id, first, identifier));
    const token = session?.accessToken;
    // A number that only identifies may be stolen by SIM swap, so it cannot add a factor or change a password.
    const isPhone = first.startsWith('PHONE');
    for (const input of [{ factor: 'TOTP' }, { factor: 'PHONE_CODE', phoneNumber: person.number }]) {
      const started = await client.startEnrollment(input, token);
      expect(started.status).toBe(isPhone ? 'NEEDS_PROOF' : 'NEEDS_ENROLLMENT');
      expect(started.totp === null).toBe(isPhone || input.factor !== 'TOTP');
    }
    expect(await changePassword(token ?? '')).toBe(isPhone ? 'refused' : 'changed');
  });
});

test('the matrix tried what is not offered at a plausible number of places', () => {
  expect(countOfRefusals()).toBeGreaterThanOrEqual(REFUSALS);
});

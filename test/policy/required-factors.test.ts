// What a sign-in or a password reset still needs, and what a signed-in user may prove.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assuranceLevel } from '../../src/policy/assurance.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import { FACTOR_TRAITS } from '../../src/policy/factor-kind.ts';
import {
  enrolledSecondFactors,
  furtherSteps,
  meetsPolicy,
  nextDemand,
  provable,
  resetDemand,
  SecondFactorPolicy,
  withoutPassword,
} from '../../src/policy/required-factors.ts';
import {
  availableFactors,
  beginning,
  categoriesIn,
  evidence,
  evidenceList,
  evidenceOfKind,
  FIRST_FACTORS,
  firstFactor,
  identifiedByPhone,
  NOW,
  secondFactor,
} from './arbitraries.ts';

const policy = fc.constantFrom(...Object.values(SecondFactorPolicy));
const first = fc.uniqueArray(beginning);
const someEnrolled = fc.uniqueArray(secondFactor, { minLength: 1 });
const firstFactors = fc.array(evidenceOfKind(firstFactor), { minLength: 1 });
const possessions = fc.array(evidenceOfKind(secondFactor), { minLength: 1 });

describe('the second factors of a user', () => {
  const held = { kinds: [], hasPhone: false, hasBackupCodes: false };

  test.each([
    ['nothing', held, []],
    ['an authenticator', { ...held, kinds: ['TOTP' as const] }, ['TOTP']],
    ['a phone number that is one', { ...held, hasPhone: true }, ['PHONE_CODE']],
    [
      'backup codes beside another one',
      { ...held, kinds: ['TOTP' as const], hasBackupCodes: true },
      ['TOTP', 'BACKUP_CODE'],
    ],
    [
      'all of them',
      { kinds: ['TOTP' as const], hasPhone: true, hasBackupCodes: true },
      ['TOTP', 'PHONE_CODE', 'BACKUP_CODE'],
    ],
    ['backup codes that stand in for nothing', { ...held, hasBackupCodes: true }, []],
  ])('with %s', (_what, user, expected) => {
    expect(enrolledSecondFactors(user)).toEqual(expected);
  });
});

describe('a sign-in', () => {
  test('without evidence needs a first factor, under every policy', () => {
    fc.assert(
      fc.property(availableFactors, policy, (held, rule) => {
        expect(nextDemand([], held, rule)).toBe('FIRST_FACTOR');
      }),
    );
  });

  test('of a user with a second factor needs it after any number of first factors, under every policy', () => {
    fc.assert(
      fc.property(firstFactors, someEnrolled, first, policy, (proved, enrolled, others, rule) => {
        expect(nextDemand(proved, { enrolled, first: others }, rule)).toBe('SECOND_FACTOR');
      }),
    );
  });

  test('of a user with a second factor needs a first factor after any number of second ones', () => {
    fc.assert(
      fc.property(possessions, someEnrolled, firstFactor, policy, (proved, enrolled, kind, rule) => {
        expect(nextDemand(proved, { enrolled, first: [kind] }, rule)).toBe('SECOND_FACTOR');
        expect(furtherSteps(proved, { enrolled, first: [kind] })).toEqual([kind]);
      }),
    );
  });

  test.each([
    ['OPTIONAL', 'NOTHING'],
    ['REQUIRED', 'ENROLLMENT'],
  ] as const)('of a user without a second factor, where it is %s, needs %s', (rule, expected) => {
    fc.assert(
      fc.property(firstFactors, first, (proved, others) => {
        expect(nextDemand(proved, { enrolled: [], first: others }, rule)).toBe(expected);
      }),
    );
  });

  test('with a number that only identifies needs another proof before enrolling a required second factor', () => {
    fc.assert(
      fc.property(identifiedByPhone, first, (phone, others) => {
        const held = { enrolled: [], first: others };
        const knows = others.some((kind) => FIRST_FACTORS.includes(kind as never));
        expect(nextDemand([phone], held, 'REQUIRED')).toBe(knows ? 'SECOND_FACTOR' : 'ADMINISTRATOR');
      }),
    );
  });

  test('of a user who has or must have a second factor does not complete below AAL2', () => {
    fc.assert(
      fc.property(evidenceList, availableFactors, policy, (proved, held, rule) => {
        fc.pre(held.enrolled.length > 0 || rule === 'REQUIRED');
        if (nextDemand(proved, held, rule) === 'NOTHING') expect(assuranceLevel(proved)).toBe('AAL2');
      }),
    );
  });

  test('completes with a first and a second factor', () => {
    fc.assert(
      fc.property(firstFactors, secondFactor, availableFactors, policy, (proved, kind, held, rule) => {
        expect(nextDemand([...proved, evidenceOf(kind, NOW)], held, rule)).toBe('NOTHING');
      }),
    );
  });

  test('meets the policy (mfa.v) exactly when it needs nothing more', () => {
    fc.assert(
      fc.property(evidenceList, availableFactors, policy, (proved, held, rule) => {
        expect(meetsPolicy(proved, held.enrolled, rule)).toBe(nextDemand(proved, held, rule) === 'NOTHING');
      }),
    );
  });
});

describe('a further step', () => {
  test('is a factor that the user has, of a category that is not proved yet', () => {
    fc.assert(
      fc.property(evidenceList, availableFactors, (proved, held) => {
        const categories = categoriesIn(proved);
        for (const kind of furtherSteps(proved, held)) {
          expect([...held.enrolled, ...held.first]).toContain(kind);
          expect(FACTOR_TRAITS[kind].categories.filter((one) => categories.has(one))).toEqual([]);
        }
      }),
    );
  });

  test('is never a number that is not turned on as a second factor', () => {
    fc.assert(
      fc.property(evidenceList, first, (proved, others) => {
        const offered = furtherSteps(proved, { enrolled: [], first: others });
        expect(offered.filter((kind) => kind === 'PHONE_CODE' || kind === 'PHONE_LINK')).toEqual([]);
      }),
    );
  });

  test('is required exactly when one is possible', () => {
    fc.assert(
      fc.property(evidenceList, availableFactors, policy, (proved, held, rule) => {
        if (nextDemand(proved, held, rule) === 'SECOND_FACTOR') {
          expect(furtherSteps(proved, held)).not.toEqual([]);
        }
      }),
    );
  });
});

describe('a password reset', () => {
  test('without evidence needs a first factor', () => {
    fc.assert(
      fc.property(availableFactors, (held) => {
        expect(resetDemand([], held)).toBe('FIRST_FACTOR');
      }),
    );
  });

  test('of a user with a second factor does not complete below AAL2', () => {
    fc.assert(
      fc.property(evidenceList, someEnrolled, first, (proved, enrolled, others) => {
        if (resetDemand(proved, { enrolled, first: others }) === 'NOTHING') {
          expect(assuranceLevel(proved)).toBe('AAL2');
        }
      }),
    );
  });

  test('completes with the mailbox for a user without a second factor', () => {
    fc.assert(
      fc.property(fc.constantFrom('EMAIL_CODE' as const, 'EMAIL_LINK' as const), first, (kind, others) => {
        expect(resetDemand([evidenceOf(kind, NOW)], { enrolled: [], first: others })).toBe('NOTHING');
      }),
    );
  });

  test('never completes with possession factors alone, for any user', () => {
    const phones = fc.array(fc.oneof(identifiedByPhone, evidenceOfKind(secondFactor)));
    fc.assert(
      fc.property(phones, availableFactors, (proved, held) => {
        expect(resetDemand(proved, held)).not.toBe('NOTHING');
      }),
    );
  });

  test('does not ask for the forgotten password, and does not depend on it', () => {
    fc.assert(
      fc.property(evidenceList, availableFactors, (proved, held) => {
        const rest = withoutPassword(held);
        expect(furtherSteps(proved, rest)).not.toContain('PASSWORD');
        expect(resetDemand(proved, held)).toBe(resetDemand(proved, rest));
      }),
    );
  });

  test('never leads to enrollment, so that no one can replace a lost factor with a new one', () => {
    fc.assert(
      fc.property(evidenceList, availableFactors, (proved, held) => {
        expect(resetDemand(proved, held)).not.toBe('ENROLLMENT');
      }),
    );
  });

  test('needs an administrator exactly when it is not complete and no step is left', () => {
    fc.assert(
      fc.property(evidenceList, availableFactors, (proved, held) => {
        fc.pre(proved.length > 0);
        const demand = resetDemand(proved, held);
        const isStuck = demand !== 'NOTHING' && furtherSteps(proved, withoutPassword(held)).length === 0;
        expect(demand === 'ADMINISTRATOR').toBe(isStuck);
      }),
    );
  });
});

describe('more evidence', () => {
  test('never adds a requirement when nothing more was needed', () => {
    fc.assert(
      fc.property(evidenceList, evidence, availableFactors, policy, (proved, more, held, rule) => {
        const grown = [...proved, more];
        if (nextDemand(proved, held, rule) === 'NOTHING') {
          expect(nextDemand(grown, held, rule)).toBe('NOTHING');
        }
        if (resetDemand(proved, held) === 'NOTHING') expect(resetDemand(grown, held)).toBe('NOTHING');
      }),
    );
  });

  test('never adds a step', () => {
    fc.assert(
      fc.property(evidenceList, evidence, availableFactors, (proved, more, held) => {
        const before = furtherSteps(proved, held);
        expect(before).toEqual(expect.arrayContaining(furtherSteps([...proved, more], held)));
      }),
    );
  });

  test('from a number that only identifies changes nothing', () => {
    fc.assert(
      fc.property(evidenceList, identifiedByPhone, availableFactors, policy, (proved, phone, held, rule) => {
        fc.pre(proved.length > 0);
        const grown = [...proved, phone];
        expect(nextDemand(grown, held, rule)).toBe(nextDemand(proved, held, rule));
        expect(resetDemand(grown, held)).toBe(resetDemand(proved, held));
        expect(furtherSteps(grown, held)).toEqual(furtherSteps(proved, held));
      }),
    );
  });
});

describe('what a signed-in user may prove', () => {
  const acceptable = fc.record({ accept: fc.uniqueArray(secondFactor), acceptsFirst: fc.boolean() });

  test('is never a first factor for a user who has a second one', () => {
    fc.assert(
      fc.property(acceptable, someEnrolled, first, (options, enrolled, others) => {
        const expected = options.accept.filter((kind) => enrolled.includes(kind));
        expect(provable(options, { enrolled, first: others })).toEqual(expected);
      }),
    );
  });

  test('is a first factor, if accepted, for a user who has no second one, but never a phone number', () => {
    fc.assert(
      fc.property(acceptable, first, (options, others) => {
        const known = others.filter((kind) => FIRST_FACTORS.includes(kind as never));
        const expected = options.acceptsFirst ? known : [];
        expect(provable(options, { enrolled: [], first: others })).toEqual(expected);
      }),
    );
  });

  test('is a factor that the user has', () => {
    fc.assert(
      fc.property(acceptable, availableFactors, (options, held) => {
        for (const kind of provable(options, held)) {
          expect([...held.enrolled, ...held.first]).toContain(kind);
        }
      }),
    );
  });
});

// Generators of arbitrary sessions and requirements, for the property tests of the policy.
import fc from 'fast-check';
import type { AuthContext } from '../../src/policy/decision.ts';
import { type Evidence, evidenceOf } from '../../src/policy/evidence.ts';
import type { Category, FactorKind } from '../../src/policy/factor-kind.ts';
import type { AvailableFactors } from '../../src/policy/required-factors.ts';
import { type Requirement, StepUpRequire } from '../../src/policy/requirement.ts';

// Written out instead of read from the product's table, so that the tests check the table.
export const FIRST_FACTORS = ['PASSWORD', 'EMAIL_CODE', 'EMAIL_LINK', 'OAUTH'] as const;
export const SECOND_FACTORS = [
  'PHONE_CODE',
  'PHONE_LINK',
  'TOTP',
  'BACKUP_CODE',
  'PASSKEY',
  'CERTIFICATE',
  'DEVICE_APPROVAL',
] as const;
/** The factors that can be the second step. */
export const SECOND_STEPS = [
  'PHONE_CODE',
  'TOTP',
  'BACKUP_CODE',
  'DEVICE_APPROVAL',
  'PASSKEY',
  'CERTIFICATE',
] as const;
/** The factors of a phone number, which is a second factor only if its user turned it on. */
export const PHONE_FACTORS = ['PHONE_CODE', 'PHONE_LINK'] as const;

export const NOW = 1_800_000_000;

export const firstFactor = fc.constantFrom<FactorKind>(...FIRST_FACTORS);
export const secondFactor = fc.constantFrom<FactorKind>(...SECOND_FACTORS);
export const secondStep = fc.constantFrom<FactorKind>(...SECOND_STEPS);
export const factor = fc.oneof(firstFactor, secondFactor);
/** The factors that can start a sign-in, including a phone number, which a tenant may allow. */
export const beginning = fc.constantFrom<FactorKind>(...FIRST_FACTORS, ...PHONE_FACTORS);

/** A past time, on both sides of every `maxAge` below. */
export const past = fc.oneof(
  fc.integer({ min: NOW - 20, max: NOW }),
  fc.integer({ min: NOW - 100_000, max: NOW }),
);

/** A passkey that verified its user proves two categories on its own. */
export function passkeyWithUserVerification(completedAt: number): Evidence {
  return { ...evidenceOf('PASSKEY', completedAt), categories: ['POSSESSION', 'INHERENCE'] };
}

export function evidenceOfKind(kind: fc.Arbitrary<FactorKind>, completedAt = past): fc.Arbitrary<Evidence> {
  return fc.tuple(kind, completedAt).map(([one, at]) => evidenceOf(one, at));
}

/** Evidence of a number that is not a second factor: it identifies the user and proves nothing. */
export const identifiedByPhone = fc
  .tuple(fc.constantFrom<FactorKind>(...PHONE_FACTORS), past)
  .map(([kind, at]) => evidenceOf(kind, at, []));

export const evidence = fc.oneof(
  { arbitrary: evidenceOfKind(factor), weight: 8 },
  { arbitrary: past.map(passkeyWithUserVerification), weight: 1 },
  { arbitrary: identifiedByPhone, weight: 1 },
);

export const evidenceList = fc.array(evidence, { maxLength: 6 });

export function categoriesIn(list: readonly Evidence[]): Set<Category> {
  return new Set(list.flatMap((one) => one.categories));
}

export const availableFactors: fc.Arbitrary<AvailableFactors> = fc.record({
  enrolled: fc.uniqueArray(secondFactor),
  first: fc.uniqueArray(beginning),
});

export const authContext: fc.Arbitrary<AuthContext> = fc.record({
  evidence: evidenceList,
  enrolled: fc.uniqueArray(secondFactor),
  roles: fc.uniqueArray(fc.constantFrom('ADMIN', 'AUDITOR')),
});

export const maxAge = fc.oneof(fc.integer({ min: 1, max: 20 }), fc.integer({ min: 1, max: 200_000 }));

export function demandThat(require: fc.Arbitrary<StepUpRequire>): fc.Arbitrary<Requirement> {
  return fc.record({
    maxAge,
    accept: fc.uniqueArray(secondStep, { minLength: 1 }),
    require,
    bind: fc.constant('SESSION' as const),
    describe: fc.constant(null),
    minFactorAge: fc.constant(0),
  });
}

export const demand = demandThat(fc.constantFrom(...Object.values(StepUpRequire)));
export const demandsSecondFactor = demandThat(fc.constant(StepUpRequire.SECOND_FACTOR));
export const demandsStrongest = demandThat(fc.constant(StepUpRequire.STRONGEST_ENROLLED));

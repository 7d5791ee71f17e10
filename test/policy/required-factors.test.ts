// What a sign-in still lacks, and what may be proved by somebody who is signed in.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { assuranceLevel } from '../../src/policy/assurance.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import { meetsPolicy, nextDemand, provable, SecondFactorPolicy } from '../../src/policy/required-factors.ts';
import { evidenceList, evidenceOfKind, firstFactor, NOW, secondFactor } from './arbitraries.ts';

const policy = fc.constantFrom(...Object.values(SecondFactorPolicy));
const enrolled = fc.uniqueArray(secondFactor);
const someEnrolled = fc.uniqueArray(secondFactor, { minLength: 1 });
const firstFactors = fc.array(evidenceOfKind(firstFactor), { minLength: 1 });

describe('a sign-in', () => {
  test('that has proved nothing lacks a first factor, whatever the policy', () => {
    fc.assert(
      fc.property(enrolled, policy, (kinds, rule) => {
        expect(nextDemand([], kinds, rule)).toBe('FIRST_FACTOR');
      }),
    );
  });

  test('of a user who has a second factor lacks it after any number of first ones, whatever the policy', () => {
    fc.assert(
      fc.property(firstFactors, someEnrolled, policy, (proved, kinds, rule) => {
        expect(nextDemand(proved, kinds, rule)).toBe('SECOND_FACTOR');
      }),
    );
  });

  test.each([
    ['OPTIONAL', 'NOTHING'],
    ['REQUIRED', 'ENROLLMENT'],
  ] as const)('of a user without one, where it is %s, lacks %s', (rule, expected) => {
    fc.assert(
      fc.property(firstFactors, (proved) => {
        expect(nextDemand(proved, [], rule)).toBe(expected);
      }),
    );
  });

  test('of a user who has one or must have one is not over below AAL2', () => {
    fc.assert(
      fc.property(evidenceList, enrolled, policy, (proved, kinds, rule) => {
        fc.pre(kinds.length > 0 || rule === 'REQUIRED');
        if (nextDemand(proved, kinds, rule) === 'NOTHING') expect(assuranceLevel(proved)).toBe('AAL2');
      }),
    );
  });

  test('ends with a first and a second factor', () => {
    fc.assert(
      fc.property(firstFactors, secondFactor, enrolled, policy, (proved, kind, kinds, rule) => {
        expect(nextDemand([...proved, evidenceOf(kind, NOW)], kinds, rule)).toBe('NOTHING');
      }),
    );
  });

  test('meets the policy (mfa.v) exactly when it lacks nothing', () => {
    fc.assert(
      fc.property(evidenceList, enrolled, policy, (proved, kinds, rule) => {
        expect(meetsPolicy(proved, kinds, rule)).toBe(nextDemand(proved, kinds, rule) === 'NOTHING');
      }),
    );
  });
});

describe('what may be proved by somebody who is signed in', () => {
  const acceptable = fc.record({
    accept: fc.uniqueArray(secondFactor),
    firstFactors: fc.uniqueArray(firstFactor),
  });

  test('is never a first factor for a user who has a second one', () => {
    fc.assert(
      fc.property(acceptable, someEnrolled, (options, kinds) => {
        const offered = provable(options, kinds);
        expect(offered.every((kind) => kinds.includes(kind) && options.accept.includes(kind))).toBe(true);
        expect(offered).toHaveLength(options.accept.filter((kind) => kinds.includes(kind)).length);
      }),
    );
  });

  test('is a first factor for a user who has no second one, where that will do', () => {
    fc.assert(
      fc.property(acceptable, (options) => {
        expect(provable(options, [])).toEqual(options.firstFactors);
      }),
    );
  });
});

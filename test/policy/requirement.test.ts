// A requirement is checked when the schema is built: one that no user could meet is a mistake of its author.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { refuseStepUp } from '../../src/policy/decision.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import { RequirementError, type RequirementOptions, requirement } from '../../src/policy/requirement.ts';
import { demand, FIRST_FACTORS, NOW, SECOND_STEPS } from './arbitraries.ts';

describe('a requirement', () => {
  test.each([
    ['is left out', undefined],
    ['is empty', {}],
    [
      'is all null',
      { maxAge: null, accept: null, require: null, bind: null, describe: null, minFactorAge: null },
    ],
  ])('that %s has the defaults of the printed directive', (_name, options) => {
    const { accept, ...rest } = requirement(options);
    expect(rest).toEqual({
      maxAge: 600,
      require: 'SECOND_FACTOR',
      bind: 'SESSION',
      describe: null,
      minFactorAge: 0,
    });
    expect([...accept].toSorted()).toEqual([...SECOND_STEPS].toSorted());
  });

  test('that is complete is not changed', () => {
    fc.assert(
      fc.property(demand, (options) => {
        expect(requirement(options)).toEqual(options);
      }),
    );
  });

  test.each<[string, object]>([
    ['a negative age', { maxAge: -1 }],
    ['an age of 0', { maxAge: 0 }],
    ['half a second', { maxAge: 0.5 }],
    ['an age that is not a number', { maxAge: Number.NaN }],
    ['an infinite age', { maxAge: Number.POSITIVE_INFINITY }],
    ['an age larger than an Int', { maxAge: 2 ** 31 }],
    ['a number in a string', { maxAge: '600' }],
    ['no accepted factor', { accept: [] }],
    ['an unknown factor', { accept: ['CARRIER_PIGEON'] }],
    ['a property of every object as a factor', { accept: ['constructor'] }],
    ['an unknown `require`', { require: 'WEAKEST_ENROLLED' }],
    ['a property of every object as `require`', { require: 'toString' }],
    ['an unknown `bind`', { bind: 'DEVICE' }],
    ['a negative minimum age of the factor', { minFactorAge: -1 }],
    ['a fraction of a second as the minimum age of the factor', { minFactorAge: 0.5 }],
    ['`describe` without a bound proof', { describe: 'Pay {amount}' }],
    ['a factor that is only a first step', { accept: ['PHONE_LINK'] }],
    ['only such factors', { accept: ['PHONE_LINK', 'PHONE_LINK'] }],
    ...FIRST_FACTORS.map((kind): [string, object] => [
      `the first factor ${kind}`,
      { accept: ['TOTP', kind] },
    ]),
  ])('with %s is rejected', (_name, options) => {
    expect(() => requirement(options as RequirementOptions)).toThrow(RequirementError);
  });

  test('takes an age from one second to the largest Int of GraphQL', () => {
    expect(requirement({ maxAge: 1 }).maxAge).toBe(1);
    expect(requirement({ maxAge: 2_147_483_647 }).maxAge).toBe(2_147_483_647);
  });

  test('may say what is approved when it is bound to an operation', () => {
    const bound = requirement({ bind: 'OPERATION', describe: 'Pay {amount}' });
    expect(bound).toMatchObject({ bind: 'OPERATION', describe: 'Pay {amount}' });
  });

  test('that nobody could meet names the factors that are wrong', () => {
    const messageOf = (accept: readonly string[]): string => {
      try {
        requirement({ accept } as RequirementOptions);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const names =
      'accept must list one or more second factors (PHONE_CODE, TOTP, BACKUP_CODE, DEVICE_APPROVAL, PASSKEY, CERTIFICATE)';
    expect(messageOf([])).toBe(`${names}.`);
    expect(messageOf(['TOTP', 'PASSWORD'])).toBe(`${names}, and PASSWORD is not a second factor.`);
    expect(messageOf(['PHONE_LINK'])).toBe(`${names}, and no user can enroll PHONE_LINK yet.`);
  });

  test('leaves out an accepted factor that no user can enroll yet', () => {
    expect(requirement({ accept: ['PASSKEY', 'TOTP', 'PHONE_LINK'] }).accept).toEqual(['PASSKEY', 'TOTP']);
  });

  test('may name a single factor without a list, as in GraphQL', () => {
    expect(requirement({ accept: 'TOTP' })).toEqual(requirement({ accept: ['TOTP'] }));
    expect(() => requirement({ accept: 'PASSWORD' })).toThrow(RequirementError);
  });

  test('that is accepted can be met by some user', () => {
    fc.assert(
      fc.property(demand, (options) => {
        const { accept } = requirement(options);
        const evidence = [evidenceOf('PASSWORD', NOW), ...accept.map((kind) => evidenceOf(kind, NOW))];
        const caller = { evidence, enrolled: accept, roles: [] };
        expect(refuseStepUp(caller, requirement(options), NOW)).toBeNull();
      }),
    );
  });
});

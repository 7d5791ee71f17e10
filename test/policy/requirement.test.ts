// A requirement is checked when the schema is built: what nobody could meet is its author's mistake.
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
    ['is all null', { maxAge: null, accept: null, require: null, bind: null, describe: null }],
  ])('that %s has the defaults that the directive prints', (_name, options) => {
    const { accept, ...rest } = requirement(options);
    expect(rest).toEqual({ maxAge: 600, require: 'SECOND_FACTOR', bind: 'SESSION', describe: null });
    expect([...accept].toSorted()).toEqual([...SECOND_STEPS].toSorted());
  });

  test('that is complete is taken as it is', () => {
    fc.assert(
      fc.property(demand, (options) => {
        expect(requirement(options)).toEqual(options);
      }),
    );
  });

  test.each<[string, object]>([
    ['a negative age', { maxAge: -1 }],
    ['an age of nothing', { maxAge: 0 }],
    ['half a second', { maxAge: 0.5 }],
    ['no number', { maxAge: Number.NaN }],
    ['for ever', { maxAge: Number.POSITIVE_INFINITY }],
    ['more than an Int holds', { maxAge: 2 ** 31 }],
    ['a number in a string', { maxAge: '600' }],
    ['nothing to accept', { accept: [] }],
    ['something that is no factor', { accept: ['CARRIER_PIGEON'] }],
    ['a property of every object', { accept: ['constructor'] }],
    ['an unknown strength', { require: 'WEAKEST_ENROLLED' }],
    ['a property of every object as strength', { require: 'toString' }],
    ['to be bound to something unknown', { bind: 'DEVICE' }],
    ['words for what no proof is bound to', { describe: 'Pay {amount}' }],
    ['a factor that nobody can enroll', { accept: ['PASSKEY'] }],
    ['a factor that is a first step only', { accept: ['PHONE_LINK'] }],
    ['nothing but such factors', { accept: ['PASSKEY', 'PHONE_LINK'] }],
    ...FIRST_FACTORS.map((kind): [string, object] => [
      `the first factor ${kind}`,
      { accept: ['TOTP', kind] },
    ]),
  ])('that demands %s fails when it is written', (_name, options) => {
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

  test('says which part of a mistake nobody could meet', () => {
    const messageOf = (accept: readonly string[]): string => {
      try {
        requirement({ accept } as RequirementOptions);
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    const names = 'accept names one or more second factors (PHONE_CODE, TOTP, BACKUP_CODE)';
    expect(messageOf([])).toBe(`${names}.`);
    expect(messageOf(['TOTP', 'PASSWORD'])).toBe(`${names}, and PASSWORD is none.`);
    expect(messageOf(['PASSKEY', 'PHONE_LINK'])).toBe(
      `${names}, and no user can enroll PASSKEY or PHONE_LINK yet.`,
    );
  });

  test('that accepts a factor which nobody can be asked for yet does without it', () => {
    expect(requirement({ accept: ['PASSKEY', 'TOTP', 'PHONE_LINK'] }).accept).toEqual(['TOTP']);
  });

  test('that accepts one factor may name it without a list, as GraphQL lets a list of one be written', () => {
    expect(requirement({ accept: 'TOTP' })).toEqual(requirement({ accept: ['TOTP'] }));
    expect(() => requirement({ accept: 'PASSWORD' })).toThrow(RequirementError);
  });

  test('that can be written can be met', () => {
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

// Properties of how the client treats refusals: merging never weakens a requirement, and if in doubt, nothing is
// repeated.
import fc from 'fast-check';
import { parse } from 'graphql';
import { describe, expect, test } from 'vitest';
import { hasOneField, kindOf } from '../../src/client/operation.ts';
import {
  type Answer,
  covers,
  demandsOf,
  type FactorKind,
  isUnauthenticated,
  type Requirement,
  strictestOf,
} from '../../src/client/refusal.ts';

const kinds: fc.Arbitrary<FactorKind[]> = fc.subarray<FactorKind>(
  ['TOTP', 'BACKUP_CODE', 'PHONE_CODE', 'PASSKEY'],
  { minLength: 1 },
);
const requirements: fc.Arbitrary<Requirement> = fc.record({
  maxAge: fc.option(fc.integer({ min: 1, max: 3600 })),
  accept: fc.option(kinds),
  require: fc.constantFrom('SECOND_FACTOR', 'STRONGEST_ENROLLED'),
  bind: fc.constant('SESSION'),
});

describe('the strictest of two requirements', () => {
  test('satisfies both, in either order', () => {
    fc.assert(
      fc.property(requirements, requirements, (one, other) => {
        const both = strictestOf(one, other);
        const turned = strictestOf(other, one);
        expect(turned && new Set(turned.accept)).toEqual(both && new Set(both.accept));
        if (both === null) return;
        for (const each of [one, other]) {
          expect(covers(both, each)).toBe(true);
          expect(both.maxAge ?? Infinity).toBeLessThanOrEqual(each.maxAge ?? Infinity);
        }
      }),
    );
  });

  test('is null if no single factor satisfies both', () => {
    fc.assert(
      fc.property(requirements, requirements, (one, other) => {
        const isDisjoint =
          one.accept !== null &&
          other.accept !== null &&
          one.accept.every((kind) => !other.accept?.includes(kind));
        expect(strictestOf(one, other) === null).toBe(isDisjoint);
      }),
    );
  });

  test('covers itself, and never one that accepts fewer factors', () => {
    fc.assert(
      fc.property(requirements, kinds, (one, accept) => {
        expect(covers(one, one)).toBe(true);
        const isWithin = one.accept?.every((kind) => accept.includes(kind)) ?? false;
        if (!isWithin) expect(covers(one, { ...one, accept })).toBe(false);
      }),
    );
  });
});

const refused = (path: readonly string[] | undefined, code = 'STEP_UP_REQUIRED') => ({
  message: '',
  path,
  extensions: { code },
});

describe('a mutation', () => {
  const mutation = { kind: 'mutation', query: '' } as const;

  test('with data for one of its fields is never repeated', () => {
    const codes = fc.constantFrom('STEP_UP_REQUIRED', 'UNAUTHENTICATED');
    const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,3}$/), { minLength: 1, maxLength: 4 });
    fc.assert(
      fc.property(names, codes, fc.boolean(), ([done = 'a', ...others], code, hasOneField) => {
        const data = { [done]: { id: 1 }, ...Object.fromEntries(others.map((name) => [name, null])) };
        const errors = [refused([done, 'inner'], code), ...others.map((name) => refused([name], code))];
        const answer: Answer = { data, errors };
        expect(demandsOf(answer, { ...mutation, hasOneField })).toEqual([]);
        expect(isUnauthenticated(answer, { ...mutation, hasOneField })).toBe(false);
      }),
    );
  });

  const whole = { accept: null, maxAge: null, require: 'SECOND_FACTOR', bind: 'SESSION' };
  test.each<[string, Answer, boolean, object | null]>([
    ['without data is repeated', { errors: [refused(['a', 'b'])] }, false, whole],
    [
      'whose fields were all refused is repeated',
      { data: { a: null }, errors: [refused(['a'])] },
      false,
      whole,
    ],
    ['whose only field was refused is repeated', { data: null, errors: [refused(['a'])] }, true, whole],
    [
      'with other fields that may have run is not repeated',
      { data: null, errors: [refused(['a'])] },
      false,
      null,
    ],
    [
      'with a refused field in its result is not repeated',
      { data: { a: null }, errors: [refused(['a', 'b'])] },
      true,
      null,
    ],
    [
      'with a refused field that nulled all data is not repeated',
      { data: null, errors: [refused(['a', 'b'])] },
      true,
      null,
    ],
    [
      'with a refusal without a path is not repeated',
      { data: null, errors: [refused(undefined)] },
      true,
      null,
    ],
    [
      'with a field that returned null is not repeated',
      { data: { a: null, b: null }, errors: [refused(['a'])] },
      false,
      null,
    ],
    [
      'that is also forbidden is not repeated',
      { errors: [refused(['a']), refused(['b'], 'FORBIDDEN')] },
      false,
      null,
    ],
    ['that failed is not repeated', { errors: [{ message: 'bang' }] }, false, null],
    ['that succeeded is not repeated', { data: { a: 1 } }, false, null],
  ])('%s', (_, answer, hasOneField, requirement) => {
    const demands = requirement === null ? [] : [{ remedy: 'STEP_UP', requirement, refreshSuffices: null }];
    expect(demandsOf(answer, { ...mutation, hasOneField })).toEqual(demands);
  });
});

describe('the demand on the user', () => {
  const query = { kind: 'query', query: '' } as const;
  const mutation = { kind: 'mutation', query: '' } as const;
  const both: Answer = { errors: [refused(['a'], 'ENROLLMENT_REQUIRED'), refused(['b'])] };

  test('for a query that lacks a proof and a factor is either, starting with the proof', () => {
    expect(demandsOf(both, query).map(({ remedy }) => remedy)).toEqual(['STEP_UP', 'ENROLL']);
  });

  test('for a mutation that lacks both is to enroll, because a proof alone is not enough', () => {
    expect(demandsOf(both, mutation).map(({ remedy }) => remedy)).toEqual(['ENROLL']);
  });

  test('for a mutation that also lacks a role is empty', () => {
    const answer = { errors: [...(both.errors ?? []), refused(['c'], 'FORBIDDEN')] };
    expect(demandsOf(answer, mutation)).toEqual([]);
    expect(demandsOf(answer, query)).toHaveLength(2);
  });

  test('for a mutation of which another field has run is empty', () => {
    const answer = { data: { a: null, b: 1 }, errors: [refused(['a'], 'ENROLLMENT_REQUIRED')] };
    expect(demandsOf(answer, mutation)).toEqual([]);
    expect(demandsOf({ ...answer, data: { a: null } }, mutation)).toHaveLength(1);
  });
});

describe('the parser for operations', () => {
  test.each([
    ['{ a }', 'query'],
    ['query Q { mutation subscription }', 'query'],
    ['# mutation\nquery Q($a: String = "mutation {") { a(b: """ mutation { """) }', 'query'],
    ['query Q($in: In = { mutation: 1 }) { a }', 'query'],
    ['mutation { a }', 'mutation'],
    ['fragment F on T { a } mutation M { ...F }', 'mutation'],
    ['# {\nmutation M { a }', 'mutation'],
    ['query Q($a: String = "\\"}") { a } mutation M { a }', 'mutation'],
    ['subscription S { a }', 'subscription'],
  ])('recognizes %s as a %s', (text, kind) => {
    expect(kindOf(text)).toBe(kind);
  });

  test.each([
    ['mutation { a }', undefined, true],
    ['mutation { a b }', undefined, false],
    ['mutation { ...F } fragment F on Mutation { a b }', undefined, false],
    ['mutation A { a } mutation B { a b }', 'B', false],
    ['mutation A { a b } mutation B { a }', 'B', true],
  ])('finds out for %s whether operation %s has one field: %s', (text, name, has) => {
    expect(hasOneField(parse(text), name)).toBe(has);
  });
});

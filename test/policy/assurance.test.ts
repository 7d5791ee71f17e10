// AAL2 takes two different categories (NIST SP 800-63B-4 section 2), however many proofs of one there are.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { acrOf, amrOf, assuranceLevel } from '../../src/policy/assurance.ts';
import {
  evidence,
  evidenceList,
  evidenceOfKind,
  firstFactor,
  identifiedByPhone,
  NOW,
  passkeyWithUserVerification,
  secondFactor,
} from './arbitraries.ts';

describe('assurance', () => {
  test('no number of passwords, mailboxes and identity providers makes AAL2', () => {
    fc.assert(
      fc.property(fc.array(evidenceOfKind(firstFactor)), (list) => {
        expect(assuranceLevel(list)).toBe('AAL1');
      }),
    );
  });

  test('no number of things that are held makes AAL2', () => {
    fc.assert(
      fc.property(fc.array(evidenceOfKind(secondFactor)), (list) => {
        expect(assuranceLevel(list)).toBe('AAL1');
      }),
    );
  });

  test('any first factor with any second factor makes AAL2', () => {
    fc.assert(
      fc.property(evidenceOfKind(firstFactor), evidenceOfKind(secondFactor), (first, second) => {
        expect(assuranceLevel([first, second])).toBe('AAL2');
      }),
    );
  });

  test('a passkey that verified its user makes AAL2 by itself', () => {
    expect(assuranceLevel([passkeyWithUserVerification(NOW)])).toBe('AAL2');
  });

  test('a phone number that only identifies raises nothing, beside anything else', () => {
    fc.assert(
      fc.property(evidenceList, identifiedByPhone, (list, phone) => {
        expect(assuranceLevel([...list, phone])).toBe(assuranceLevel(list));
      }),
    );
  });

  test('nothing proved is AAL1', () => {
    expect(assuranceLevel([])).toBe('AAL1');
  });

  test('more evidence never lowers it, and its order does not matter', () => {
    fc.assert(
      fc.property(evidenceList, evidence, (list, more) => {
        const before = assuranceLevel(list);
        expect(assuranceLevel(list.toReversed())).toBe(before);
        if (before === 'AAL2') expect(assuranceLevel([...list, more])).toBe('AAL2');
      }),
    );
  });
});

describe('in a token', () => {
  test('acr is the level in lower case', () => {
    expect([acrOf('AAL1'), acrOf('AAL2')]).toEqual(['aal1', 'aal2']);
  });

  test('amr names each method once, and mfa exactly when the session is AAL2', () => {
    fc.assert(
      fc.property(evidenceList, (list) => {
        const amr = amrOf(list);
        expect(new Set(amr).size).toBe(amr.length);
        expect(amr.includes('mfa')).toBe(assuranceLevel(list) === 'AAL2');
        expect(new Set(amr.filter((one) => one !== 'mfa'))).toEqual(new Set(list.flatMap((one) => one.amr)));
      }),
    );
  });
});

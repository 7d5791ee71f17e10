// AAL2 needs two different categories (NIST SP 800-63B-4 section 2), however many proofs of one category there are.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import {
  AAL2_LIMITS,
  type Aging,
  aal2Until,
  acrOf,
  amrOf,
  assuranceLevel,
  assuranceLevelAt,
  evidenceBelowAal2,
  LEAST_AAL2_SECONDS,
  lastingEvidence,
  MOST_AAL2_SECONDS,
} from '../../src/policy/assurance.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import {
  evidence,
  evidenceList,
  evidenceOfKind,
  firstFactor,
  identifiedByPhone,
  NOW,
  passkeyWithUserVerification,
  past,
  secondFactor,
} from './arbitraries.ts';

describe('assurance', () => {
  test('is never AAL2 from passwords, mailboxes and identity providers alone', () => {
    fc.assert(
      fc.property(fc.array(evidenceOfKind(firstFactor)), (list) => {
        expect(assuranceLevel(list)).toBe('AAL1');
      }),
    );
  });

  test('is never AAL2 from possession factors alone', () => {
    fc.assert(
      fc.property(fc.array(evidenceOfKind(secondFactor)), (list) => {
        expect(assuranceLevel(list)).toBe('AAL1');
      }),
    );
  });

  test('is AAL2 for any first factor with any second factor', () => {
    fc.assert(
      fc.property(evidenceOfKind(firstFactor), evidenceOfKind(secondFactor), (first, second) => {
        expect(assuranceLevel([first, second])).toBe('AAL2');
      }),
    );
  });

  test('is AAL2 for a single passkey that verified its user', () => {
    expect(assuranceLevel([passkeyWithUserVerification(NOW)])).toBe('AAL2');
  });

  test('is not raised by a phone number that only identifies its user', () => {
    fc.assert(
      fc.property(evidenceList, identifiedByPhone, (list, phone) => {
        expect(assuranceLevel([...list, phone])).toBe(assuranceLevel(list));
      }),
    );
  });

  test('is AAL1 without evidence', () => {
    expect(assuranceLevel([])).toBe('AAL1');
  });

  test('is never lowered by more evidence, and does not depend on its order', () => {
    fc.assert(
      fc.property(evidenceList, evidence, (list, more) => {
        const before = assuranceLevel(list);
        expect(assuranceLevel(list.toReversed())).toBe(before);
        if (before === 'AAL2') expect(assuranceLevel([...list, more])).toBe('AAL2');
      }),
    );
  });
});

describe('the claims of a token:', () => {
  test('acr is the level in lower case', () => {
    expect([acrOf('AAL1'), acrOf('AAL2')]).toEqual(['aal1', 'aal2']);
  });

  test('amr lists each method once, and mfa exactly when the session is AAL2', () => {
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

describe('AAL2', () => {
  const DAY = 86_400;
  const aging = (resumedAt: number | null = null): Aging => ({ ...AAL2_LIMITS, resumedAt });

  test('lasts a day, or an hour unused; a tenant may choose from five minutes to a year', () => {
    expect(AAL2_LIMITS).toEqual({ overallSeconds: 86_400, idleSeconds: 3600 });
    expect(LEAST_AAL2_SECONDS).toBe(300);
    expect(MOST_AAL2_SECONDS).toBe(31_536_000);
  });

  test('ends 24 hours after the older of its two proofs (SP 800-63B-4 section 2.2.3)', () => {
    const list = [evidenceOf('PASSWORD', NOW - DAY), evidenceOf('TOTP', NOW)];
    expect(assuranceLevelAt(list, aging(), NOW)).toBe('AAL2');
    expect(assuranceLevelAt(list, aging(), NOW + 1)).toBe('AAL1');
    expect(aal2Until(list, aging())).toBe(NOW);
    // A newer proof of the same category replaces the older one.
    const renewed = [...list, evidenceOf('EMAIL_CODE', NOW - 60)];
    expect(aal2Until(renewed, aging())).toBe(NOW - 60 + DAY);
  });

  test('ends after an idle period, and one newer proof restores it', () => {
    const list = [evidenceOf('PASSWORD', NOW - 7200), evidenceOf('TOTP', NOW - 7200)];
    expect(assuranceLevelAt(list, aging(NOW - 60), NOW)).toBe('AAL1');
    expect(assuranceLevelAt([...list, evidenceOf('BACKUP_CODE', NOW - 60)], aging(NOW - 60), NOW)).toBe(
      'AAL2',
    );
    expect(assuranceLevelAt([...list, evidenceOf('BACKUP_CODE', NOW - 61)], aging(NOW - 60), NOW)).toBe(
      'AAL1',
    );
    const identified = { ...evidenceOf('PHONE_CODE', NOW), categories: [] };
    expect(assuranceLevelAt([...list, identified], aging(NOW - 60), NOW)).toBe('AAL1');
  });

  test('of a token has no end of its own: the token expires with it', () => {
    const list = [evidenceOf('PASSWORD', NOW - 2 * DAY), evidenceOf('TOTP', NOW - 2 * DAY)];
    expect(aal2Until(list, undefined)).toBe(Infinity);
    expect(assuranceLevelAt(list, undefined, NOW)).toBe('AAL2');
    expect(aal2Until([evidenceOf('PASSWORD', NOW)], undefined)).toBe(-Infinity);
  });

  test('is never reached without evidence, idle or not', () => {
    expect(aal2Until([], undefined)).toBe(-Infinity);
    expect(aal2Until([], aging())).toBe(-Infinity);
    expect(aal2Until([], aging(NOW))).toBe(-Infinity);
  });

  test('counts evidence that is exactly a day old, and none that is older', () => {
    const list = [evidenceOf('TOTP', NOW - DAY), evidenceOf('PASSWORD', NOW - DAY - 1)];
    expect(lastingEvidence(list, aging(), NOW)).toEqual([evidenceOf('TOTP', NOW - DAY)]);
  });

  test('that has ended leaves evidence of knowledge, and evidence that was never AAL2 is unchanged', () => {
    const [password, totp] = [evidenceOf('PASSWORD', NOW), evidenceOf('TOTP', NOW)];
    expect(evidenceBelowAal2([password, totp])).toEqual([password]);
    expect(evidenceBelowAal2([totp])).toEqual([totp]);
  });

  test('never exceeds what the evidence proves, and never returns by waiting', () => {
    const resumed = fc.option(past);
    fc.assert(
      fc.property(evidenceList, resumed, fc.nat(3 * DAY), fc.nat(3 * DAY), (list, resumedAt, soon, later) => {
        const at = (seconds: number) => assuranceLevelAt(list, aging(resumedAt), NOW + seconds);
        if (at(soon) === 'AAL2') expect(assuranceLevel(list)).toBe('AAL2');
        if (at(soon) === 'AAL1') expect(at(soon + later)).toBe('AAL1');
        const recent = lastingEvidence(list, aging(), NOW + soon);
        expect(assuranceLevelAt(list, aging(), NOW + soon)).toBe(assuranceLevel(recent));
        expect(assuranceLevel(evidenceBelowAal2(list))).toBe('AAL1');
      }),
    );
  });
});

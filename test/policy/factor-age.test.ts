// A factor that was enrolled too recently does not count where a field sets `minFactorAge`.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { authContextClaims, authContextFrom, lesserEvidence } from '../../src/policy/claims.ts';
import { type AuthContext, refuseStepUp } from '../../src/policy/decision.ts';
import { type Evidence, evidenceOf } from '../../src/policy/evidence.ts';
import { requirement } from '../../src/policy/requirement.ts';
import { strictest } from '../../src/step-up/requirements.ts';

const NOW = 1_800_000_000;
const DAY = 86_400;
const OLD_ENOUGH = requirement({ minFactorAge: DAY });

const caller = (enrolledAt?: number, completedAt = NOW): AuthContext => ({
  evidence: [
    evidenceOf('PASSWORD', NOW),
    { ...evidenceOf('TOTP', completedAt), ...(enrolledAt === undefined ? {} : { enrolledAt }) },
  ],
  enrolled: ['TOTP', 'BACKUP_CODE'],
  roles: [],
});

const reread = (context: AuthContext): AuthContext =>
  authContextFrom(authContextClaims(context, true, NOW), NOW);

describe('a field with minFactorAge', () => {
  test.each([
    ['a second too young', NOW - DAY + 1, false],
    ['exactly old enough', NOW - DAY, true],
    ['enrolled in the future', NOW + 5, false],
    ['of unknown age', undefined, false],
  ])('decides about a factor %s, from the session and from a token alike', (_what, enrolledAt, passes) => {
    for (const context of [caller(enrolledAt), reread(caller(enrolledAt))])
      expect(refuseStepUp(context, OLD_ENOUGH, NOW) === null).toBe(passes);
  });

  test('says when the factor is old enough, and that another one may be proved now', () => {
    expect(refuseStepUp(caller(NOW - 100), OLD_ENOUGH, NOW)).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      remedy: 'STEP_UP',
      minFactorAge: DAY,
      oldEnoughAt: NOW - 100 + DAY,
      lastVerifiedAt: NOW,
    });
    expect(refuseStepUp(caller(), OLD_ENOUGH, NOW)).toMatchObject({ oldEnoughAt: null });
    expect(refuseStepUp(null, OLD_ENOUGH, NOW)).toMatchObject({ minFactorAge: DAY, oldEnoughAt: null });
  });

  test('is passed at the time that it names, by a new proof of the same factor', () => {
    const { oldEnoughAt } = refuseStepUp(caller(NOW - 100), OLD_ENOUGH, NOW) ?? {};
    const at = oldEnoughAt ?? 0;
    expect(refuseStepUp(caller(NOW - 100, at), OLD_ENOUGH, at)).toBeNull();
    expect(refuseStepUp(caller(NOW - 100, at - 1), OLD_ENOUGH, at - 1)).not.toBeNull();
  });

  test('asks a first factor for its age too, of a user without a second one', () => {
    const strongest = requirement({ minFactorAge: DAY, require: 'STRONGEST_ENROLLED' });
    const with_ = (enrolledAt: number): AuthContext => ({
      evidence: [{ ...evidenceOf('PASSWORD', NOW), enrolledAt }],
      enrolled: [],
      roles: [],
    });
    expect(refuseStepUp(with_(NOW - DAY), strongest, NOW)).toBeNull();
    expect(refuseStepUp(with_(NOW - 1), strongest, NOW)).toMatchObject({ oldEnoughAt: NOW - 1 + DAY });
  });

  test('without minFactorAge, nothing changes for a factor of any age', () => {
    fc.assert(
      fc.property(fc.option(fc.integer({ min: 0, max: NOW }), { nil: undefined }), (enrolledAt) => {
        expect(refuseStepUp(caller(enrolledAt), requirement(), NOW)).toBeNull();
      }),
    );
    expect(refuseStepUp({ ...caller(), evidence: [] }, requirement(), NOW)).not.toHaveProperty(
      'minFactorAge',
    );
  });

  test('is the oldest of the ages that merged guards demand', () => {
    const demands = [requirement({ minFactorAge: 60, maxAge: 30 }), requirement({ minFactorAge: DAY })];
    expect(strictest(demands)).toEqual([requirement({ minFactorAge: DAY, maxAge: 30 })]);
  });
});

describe('the age in a token', () => {
  test.each([
    ['is missing', undefined],
    ['is no object', 'old'],
    ['is a text', { totp: String(NOW - 2 * DAY) }],
    ['is of another factor', { 'backup-code': NOW - 2 * DAY }],
    ['is null', { totp: null }],
  ])('counts as enrolled just now if the claim %s', (_what, a) => {
    const { mfa, ...claims } = authContextClaims(caller(NOW - 2 * DAY), true, NOW);
    const { a: _a, ...others } = mfa;
    const forged = { ...claims, mfa: { ...others, ...(a === undefined ? {} : { a }) } };
    expect(refuseStepUp(authContextFrom(forged, NOW), OLD_ENOUGH, NOW)).not.toBeNull();
    expect(refuseStepUp(authContextFrom(forged, NOW), requirement(), NOW)).toBeNull();
  });

  test('is the younger one of the token and its session, and unknown if one of them is', () => {
    const totp = (enrolledAt?: number): Evidence[] => caller(enrolledAt).evidence.slice(1);
    const age = (held?: number, claimed?: number) => lesserEvidence(totp(held), totp(claimed))[0]?.enrolledAt;
    expect(age(NOW - 5, NOW - DAY)).toBe(NOW - 5);
    expect(age(NOW - DAY, NOW - 5)).toBe(NOW - 5);
    expect(age(undefined, NOW - DAY)).toBeUndefined();
    expect(age(NOW - DAY, undefined)).toBeUndefined();
  });
});

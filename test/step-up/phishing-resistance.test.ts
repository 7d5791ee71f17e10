// A field that accepts nothing but passkeys says so to clients that only know `acr` values.
import { describe, expect, test } from 'vitest';
import { type AuthContext, refuseStepUp } from '../../src/policy/decision.ts';
import { evidenceOf } from '../../src/policy/evidence.ts';
import type { FactorKind } from '../../src/policy/factor-kind.ts';
import { requirement } from '../../src/policy/requirement.ts';
import { challengeHeader, RefusalError } from '../../src/step-up/refusal-error.ts';

const NOW = 1_800_000_000;
const holder: AuthContext = {
  evidence: [evidenceOf('PASSWORD', NOW), evidenceOf('TOTP', NOW)],
  enrolled: ['TOTP', 'PASSKEY'],
  roles: [],
};

function refusalOf(accept: readonly FactorKind[], context: AuthContext | null = holder) {
  const refusal = refuseStepUp(context, requirement({ accept, maxAge: 300 }), NOW);
  if (refusal === null) throw new Error('It was not refused.');
  return refusal;
}

describe('a field that accepts passkeys only', () => {
  test('refuses a fresh code, and offers `phr` and `phrh` beside `aal2`', () => {
    expect(refusalOf(['PASSKEY'])).toMatchObject({
      code: 'STEP_UP_REQUIRED',
      acrValues: ['phr', 'phrh', 'aal2'],
    });
    expect(refusalOf(['PASSKEY'], null)).toMatchObject({
      code: 'UNAUTHENTICATED',
      acrValues: ['phr', 'phrh', 'aal2'],
    });
    expect(refusalOf(['PASSKEY'], { ...holder, enrolled: ['TOTP'] })).toMatchObject({
      code: 'ENROLLMENT_REQUIRED',
      acrValues: ['phr', 'phrh', 'aal2'],
    });
  });

  test('says the same in WWW-Authenticate, also beside a field that is less strict', () => {
    const strict = new RefusalError(refusalOf(['PASSKEY']));
    const other = new RefusalError(refusalOf(['BACKUP_CODE']));
    const header =
      'Bearer error="insufficient_user_authentication", acr_values="phr phrh aal2", max_age="300"';
    expect(challengeHeader([strict])).toBe(header);
    expect(challengeHeader([strict, other])).toBe(header);
    expect(challengeHeader([other, strict])).toBe(header);
  });

  test('accepts a passkey', () => {
    const context = { ...holder, evidence: [evidenceOf('PASSWORD', NOW), evidenceOf('PASSKEY', NOW)] };
    expect(refuseStepUp(context, requirement({ accept: ['PASSKEY'] }), NOW)).toBeNull();
  });
});

test('a field that accepts a factor that can be phished offers `aal2` alone', () => {
  expect(refusalOf(['PASSKEY', 'BACKUP_CODE']).acrValues).toEqual(['aal2']);
});

// What each factor proves, according to the design.
import { describe, expect, test } from 'vitest';
import { FACTOR_KINDS, FACTOR_TRAITS, isSecondFactor, SECOND_FACTORS } from '../../src/policy/factor-kind.ts';
import { SECOND_FACTORS as EXPECTED_SECOND, FIRST_FACTORS } from './arbitraries.ts';

describe('in the table of factors,', () => {
  test.each([...FIRST_FACTORS])('%s counts as knowledge and can never be the second step', (kind) => {
    expect(FACTOR_TRAITS[kind].categories).toEqual(['KNOWLEDGE']);
    expect(isSecondFactor(kind)).toBe(false);
  });

  test.each([...EXPECTED_SECOND])('%s proves possession and can be the second step', (kind) => {
    expect(FACTOR_TRAITS[kind].categories).toEqual(['POSSESSION']);
    expect(isSecondFactor(kind)).toBe(true);
  });

  test('there are no other factors', () => {
    expect([...FACTOR_KINDS].toSorted()).toEqual([...FIRST_FACTORS, ...EXPECTED_SECOND].toSorted());
    expect([...SECOND_FACTORS].toSorted()).toEqual([...EXPECTED_SECOND].toSorted());
  });
});

test('each factor has a different id in tokens, the same as in SuperTokens', () => {
  const ids = Object.fromEntries(FACTOR_KINDS.map((kind) => [kind, FACTOR_TRAITS[kind].factorId]));
  expect(ids).toEqual({
    PASSWORD: 'emailpassword',
    EMAIL_CODE: 'otp-email',
    EMAIL_LINK: 'link-email',
    PHONE_CODE: 'otp-phone',
    PHONE_LINK: 'link-phone',
    TOTP: 'totp',
    BACKUP_CODE: 'backup-code',
    DEVICE_APPROVAL: 'device-approval',
    PASSKEY: 'passkey',
    CERTIFICATE: 'certificate',
    OAUTH: 'thirdparty',
  });
});

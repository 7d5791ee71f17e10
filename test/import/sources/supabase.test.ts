// What is imported of a Supabase export, and who is refused.
import { describe, expect, test } from 'vitest';
import { BCRYPT, read, refusal, TOTP, UUID } from './reading.ts';

describe('Supabase', () => {
  const row = {
    id: UUID,
    email: 'a@example.com',
    phone: '14155552671',
    encrypted_password: BCRYPT,
    email_confirmed_at: '2025-01-02 03:04:05+00',
    phone_confirmed_at: '',
    created_at: '2025-01-02 03:04:05+00',
    mfa_factors: '[]',
  };
  test('confirmed addresses and numbers and verified apps are imported', () => {
    const factors = [
      { factor_type: 'totp', status: 'verified', secret: TOTP, friendly_name: 'phone' },
      { factor_type: 'totp', status: 'unverified', secret: TOTP },
      { factor_type: 'phone', status: 'verified', phone: '14155552672' },
    ];
    expect(
      read('supabase', { ...row, phone_confirmed_at: '2025-01-02', mfa_factors: JSON.stringify(factors) }),
    ).toMatchObject({
      id: UUID,
      emailVerified: true,
      passwordHash: BCRYPT,
      totp: [{ secret: TOTP, label: 'phone' }],
      phones: [
        { number: { number: '+14155552672' }, secondFactor: true },
        { number: { number: '+14155552671' }, secondFactor: false },
      ],
      otherSecondFactors: [],
    });
    expect(read('supabase', { ...row, email_confirmed_at: 'NULL' })).toMatchObject({
      emailVerified: false,
      phones: [],
    });
  });
  test('a banned or deleted account and an invalid list are refused', () => {
    for (const column of ['banned_until', 'deleted_at']) {
      expect(refusal('supabase', { ...row, [column]: '2999-01-01' })).toMatchObject({ path: column });
    }
    expect(refusal('supabase', { ...row, mfa_factors: '{' })).toMatchObject({ path: 'mfa_factors' });
  });
});

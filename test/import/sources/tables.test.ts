// What is imported of the tables of WordPress, ASP.NET Identity, Devise and Laravel.
import { hashSync } from 'bcrypt';
import { describe, expect, test } from 'vitest';
import { readLegacyHash } from '../../../src/factors/password/legacy-hash/schemes.ts';
import { BCRYPT, PASSWORD, read, refusal, TOTP, UUID } from './reading.ts';

describe('table exports', () => {
  test('WordPress: no address is verified, and its phpass hashes work', () => {
    const row = {
      ID: '7',
      user_login: 'ann',
      user_email: 'a@example.com',
      user_pass: '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
    };
    const record = read('wordpress', {
      ...row,
      user_registered: '2025-01-02 03:04:05',
      second_factors: 'NULL',
    });
    expect(record).toMatchObject({ externalId: '7', emailVerified: false, otherSecondFactors: [] });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(' test12345')).toBe(true);
  });
  test('ASP.NET Identity: with two-factor enabled, the app’s key, the number and the codes are imported', () => {
    const row = {
      Id: UUID,
      Email: 'a@example.com',
      EmailConfirmed: 'True',
      PhoneNumber: '+14155552671',
      PhoneNumberConfirmed: '1',
      TwoFactorEnabled: 'True',
      AuthenticatorKey: TOTP,
      RecoveryCodes: 'abcd-efgh;ijkl-mnop',
    };
    expect(read('aspnet-identity', row)).toMatchObject({
      emailVerified: true,
      totp: [{ secret: TOTP }],
      phones: [{ secondFactor: true }],
      backupCodes: ['abcd-efgh', 'ijkl-mnop'],
      otherSecondFactors: [],
    });
    expect(read('aspnet-identity', { ...row, AuthenticatorKey: '' })).toMatchObject({
      totp: [],
      phones: [{ secondFactor: true }],
      otherSecondFactors: [],
    });
    expect(read('aspnet-identity', { ...row, TwoFactorEnabled: 'False' })).toMatchObject({
      totp: [],
      phones: [{ secondFactor: false }],
      backupCodes: [],
      otherSecondFactors: [],
    });
    expect(
      read('aspnet-identity', { ...row, AuthenticatorKey: '', PhoneNumberConfirmed: '0' }),
    ).toMatchObject({
      phones: [],
      otherSecondFactors: ['TwoFactorEnabled'],
    });
  });
  test('Devise: a peppered hash and a decrypted app secret are imported', () => {
    const row = {
      id: 7,
      email: 'a@example.com',
      encrypted_password: `${hashSync(`${PASSWORD}pepper`, 4)}$pepper`,
      confirmed_at: '2025-01-02',
      otp_required_for_login: true,
      otp_secret: TOTP,
      otp_backup_codes: '["$2a$"]',
    };
    const record = read('devise', row);
    expect(record).toMatchObject({ totp: [{ secret: TOTP }], otherSecondFactors: ['otp_backup_codes'] });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
    expect(read('devise', { ...row, otp_required_for_login: false })).toMatchObject({
      totp: [],
      otherSecondFactors: [],
    });
    expect(refusal('devise', { ...row, locked_at: '2025-01-02' })).toMatchObject({ path: 'locked_at' });
  });
  test('Laravel: an address with a verification time is verified', () => {
    const row = {
      id: 7,
      name: 'Ann',
      email: 'a@example.com',
      email_verified_at: '2025-01-02',
      password: BCRYPT,
    };
    expect(read('laravel', row)).toMatchObject({ name: 'Ann', emailVerified: true, passwordHash: BCRYPT });
    expect(read('laravel', { ...row, email_verified_at: '\\N' })?.emailVerified).toBe(false);
  });
});

// What is imported of a FusionAuth export, and who is refused.
import { describe, expect, test } from 'vitest';
import { readLegacyHash } from '../../../src/factors/password/legacy-hash/schemes.ts';
import { BCRYPT, PASSWORD, read, refusal, UUID } from './reading.ts';

describe('FusionAuth', () => {
  const user = {
    id: UUID,
    email: 'a@example.com',
    verified: true,
    active: true,
    firstName: 'Ann',
    insertInstant: 1740000000000,
    encryptionScheme: 'bcrypt',
    factor: 4,
    salt: BCRYPT.slice(7, 29),
    password: BCRYPT.slice(29),
    twoFactor: {
      methods: [
        {
          method: 'authenticator',
          secret: Buffer.from('Hello!\xde\xad\xbe\xef', 'latin1').toString('base64'),
        },
        { method: 'sms', mobilePhone: '+14155552671' },
      ],
      recoveryCodes: ['abcdefgh'],
    },
  };
  test('password, app, number and codes are imported', () => {
    const record = read('fusionauth', user);
    expect(record).toMatchObject({
      id: UUID,
      name: 'Ann',
      totp: [{ secret: 'JBSWY3DPEHPK3PXP' }],
      phones: [{ secondFactor: true }],
      backupCodes: ['abcdefgh'],
      otherSecondFactors: [],
    });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
  });
  test('a password that must be changed is not imported, and an inactive account is refused', () => {
    expect(read('fusionauth', { ...user, passwordChangeRequired: true })).toMatchObject({
      passwordHash: null,
      mustChangePassword: true,
    });
    expect(refusal('fusionauth', { ...user, active: false })).toMatchObject({ path: 'active' });
    expect(refusal('fusionauth', { ...user, encryptionScheme: null })).toMatchObject({
      path: 'encryptionScheme',
    });
  });
  test('a second factor without its secret cannot be imported', () => {
    const twoFactor = { methods: [{ method: 'authenticator' }, { method: 'sms' }] };
    expect(read('fusionauth', { ...user, twoFactor })?.otherSecondFactors).toEqual(['authenticator', 'sms']);
    const old = { ...user, twoFactor: null, twoFactorEnabled: true };
    expect(read('fusionauth', old)?.otherSecondFactors).toEqual(['twoFactorEnabled']);
  });
});

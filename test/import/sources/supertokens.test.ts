// What is imported of a SuperTokens export, and who is refused.
import { describe, expect, test } from 'vitest';
import { readLegacyHash } from '../../../src/factors/password/legacy-hash/schemes.ts';
import { BCRYPT, PASSWORD, read, refusal, TOTP, UUID } from './reading.ts';

describe('SuperTokens', () => {
  test('the login method with the password provides the address, and the apps are imported', () => {
    const record = read('supertokens', {
      externalUserId: UUID,
      userMetadata: { first_name: 'Ann', last_name: 'Onym', plan: 'free' },
      totpDevices: [{ secretKey: TOTP, period: 30, skew: 1, deviceName: 'phone' }],
      loginMethods: [
        {
          recipeId: 'passwordless',
          phoneNumber: '+14155552671',
          isVerified: true,
          timeJoinedInMSSinceEpoch: 1741000000000,
        },
        { recipeId: 'thirdparty', email: 'other@example.com', isVerified: true, isPrimary: true },
        {
          recipeId: 'emailpassword',
          email: 'a@example.com',
          isVerified: true,
          passwordHash: BCRYPT,
          hashingAlgorithm: 'bcrypt',
          timeJoinedInMSSinceEpoch: 1740000000000,
        },
      ],
    });
    expect(record).toMatchObject({
      id: UUID,
      externalId: UUID,
      name: 'Ann Onym',
      email: 'a@example.com',
      phones: [{ number: { number: '+14155552671' } }],
      totp: [{ secret: TOTP, label: 'phone' }],
      createdAt: new Date(1740000000000),
    });
  });
  test('an app with another period is refused', () => {
    const user = {
      loginMethods: [{ email: 'a@example.com' }],
      totpDevices: [{ secretKey: TOTP, period: 60 }],
    };
    expect(refusal('supertokens', user)).toMatchObject({ path: 'totp.0.secret' });
  });
  test('an address in a table row is verified only if the row says so', () => {
    const row = {
      user_id: UUID,
      email: 'a@example.com',
      password_hash: BCRYPT,
      time_joined: '1740000000000',
    };
    expect(read('supertokens', row)).toMatchObject({ id: UUID, emailVerified: false, passwordHash: BCRYPT });
    expect(read('supertokens', { ...row, is_verified: 't' })?.emailVerified).toBe(true);
  });
});

describe('SuperTokens with several login methods', () => {
  test('a password in plain text is hashed and imported', () => {
    const method = { email: 'a@example.com', isVerified: true, plainTextPassword: PASSWORD };
    const record = read('supertokens', { loginMethods: [method] });
    expect(record?.passwordHash).not.toContain(PASSWORD);
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
  });
  test('a verified address of the same user is used if the one with the password is unverified', () => {
    const methods = [
      { email: 'unproved@example.com', isVerified: false, passwordHash: BCRYPT },
      { email: 'proved@example.com', isVerified: true, isPrimary: true },
    ];
    expect(read('supertokens', { loginMethods: methods })).toMatchObject({
      email: 'proved@example.com',
      emailVerified: true,
      passwordHash: BCRYPT,
    });
  });
  test('if no address is verified, the one with the password is used and stays unverified', () => {
    const methods = [
      { email: 'other@example.com', isPrimary: true },
      { email: 'unproved@example.com', passwordHash: BCRYPT },
    ];
    expect(read('supertokens', { loginMethods: methods })).toMatchObject({
      email: 'unproved@example.com',
      emailVerified: false,
    });
  });
  test('a number that is required as a secondary factor is a second factor', () => {
    const record = read('supertokens', {
      userMetadata: { _supertokens: { requiredSecondaryFactors: ['otp-phone', 'totp'] } },
      totpDevices: [{ secretKey: TOTP }],
      loginMethods: [
        { email: 'a@example.com', isVerified: true },
        { phoneNumber: '+14155552671', isVerified: true },
      ],
    });
    expect(record).toMatchObject({
      phones: [{ secondFactor: true }],
      totp: [{ secret: TOTP }],
      otherSecondFactors: [],
    });
  });
  test('a table row has its apps in a column', () => {
    const row = { user_id: UUID, email: 'a@example.com', password_hash: '', time_joined: '1740000000000' };
    const totp_devices = JSON.stringify([{ secretKey: TOTP, deviceName: 'phone' }]);
    expect(read('supertokens', { ...row, totp_devices })?.totp).toMatchObject([
      { secret: TOTP, label: 'phone' },
    ]);
    expect(refusal('supertokens', { ...row, totp_devices: '[' })).toMatchObject({ path: 'totp_devices' });
  });
});

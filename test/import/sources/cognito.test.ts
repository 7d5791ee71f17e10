// What is imported of an Amazon Cognito export.
import { describe, expect, test } from 'vitest';
import { read, refusal, UUID } from './reading.ts';

describe('Amazon Cognito', () => {
  const attributes = (given: object) => Object.entries(given).map(([Name, Value]) => ({ Name, Value }));
  const given = {
    sub: UUID,
    email: 'a@example.com',
    email_verified: 'true',
    phone_number: '+14155552671',
    phone_number_verified: 'true',
    given_name: 'Ann',
    family_name: 'Onym',
  };
  test('a verified number is a second factor if SMS MFA is on, and no hash is imported', () => {
    const entry = {
      Username: 'ann',
      Enabled: true,
      UserAttributes: attributes(given),
      UserMFASettingList: ['SMS_MFA'],
    };
    expect(read('cognito', entry)).toMatchObject({
      id: UUID,
      name: 'Ann Onym',
      emailVerified: true,
      passwordHash: null,
      phones: [{ secondFactor: true }],
      otherSecondFactors: [],
    });
    expect(read('cognito', { ...entry, UserMFASettingList: [] })?.phones).toMatchObject([
      { secondFactor: false },
    ]);
    const unproved = attributes({ ...given, phone_number_verified: 'false' });
    expect(read('cognito', { ...entry, UserAttributes: unproved })).toMatchObject({
      phones: [],
      otherSecondFactors: ['SMS_MFA'],
    });
    expect(refusal('cognito', { ...entry, Enabled: false })).toMatchObject({ path: 'Enabled' });
  });
});

// What is imported of Auth0’s exports, and who is refused.
import { createHash } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readLegacyHash } from '../../../src/factors/password/legacy-hash/schemes.ts';
import { BCRYPT, PASSWORD, read, refusal, TOTP } from './reading.ts';

describe('Auth0', () => {
  test('a line of the password hash export is imported', () => {
    const line = {
      _id: { $oid: '60425dc43519d90068f82973' },
      email: 'a@example.com',
      email_verified: false,
      passwordHash: BCRYPT,
    };
    expect(read('auth0', line)).toMatchObject({
      externalId: 'auth0|60425dc43519d90068f82973',
      emailVerified: false,
      passwordHash: BCRYPT,
    });
  });
  test('a line of the user export is imported', () => {
    const line = {
      user_id: 'google-oauth2|1234',
      email: 'a@example.com',
      email_verified: true,
      name: 'a@example.com',
      given_name: 'Ann',
      family_name: 'Onym',
      phone_number: '+14155552671',
      phone_verified: true,
      created_at: '2024-05-06T07:08:09.000Z',
    };
    expect(read('auth0', line)).toMatchObject({
      externalId: 'google-oauth2|1234',
      name: 'Ann Onym',
      phones: [{ number: { number: '+14155552671' }, secondFactor: false }],
      createdAt: new Date('2024-05-06T07:08:09Z'),
    });
    expect(read('auth0', { ...line, phone_verified: false })?.phones).toEqual([]);
  });
  test('a bulk import entry is imported with its factors and its assembled hash', () => {
    const value = createHash('sha256').update(`salt${PASSWORD}`).digest('hex');
    const record = read('auth0', {
      user_id: '42',
      email: 'a@example.com',
      email_verified: true,
      custom_password_hash: {
        algorithm: 'sha256',
        hash: { value, encoding: 'hex' },
        salt: { value: 'salt', position: 'prefix' },
      },
      mfa_factors: [
        { totp: { secret: TOTP } },
        { phone: { value: '+14155552671' } },
        { email: { value: 'x' } },
      ],
    });
    expect(record).toMatchObject({
      externalId: 'auth0|42',
      totp: [{ secret: TOTP }],
      phones: [{ secondFactor: true }],
    });
    const hash = readLegacyHash(record?.passwordHash ?? '');
    expect([hash.isFast, hash.verify(PASSWORD)]).toEqual([true, true]);
  });
  test('`multifactor` counts only if `mfa_factors` is empty', () => {
    const user = { user_id: '42', email: 'a@example.com', multifactor: ['guardian'] };
    expect(read('auth0', { ...user, mfa_factors: [{ totp: { secret: TOTP } }] })?.otherSecondFactors).toEqual(
      [],
    );
    expect(read('auth0', { ...user, mfa_factors: [] })?.otherSecondFactors).toEqual(['guardian']);
  });
  test('a hash that cannot be assembled is refused by its field', () => {
    const user = {
      email: 'a@example.com',
      custom_password_hash: { algorithm: 'rot13', hash: { value: 'canary' } },
    };
    expect(refusal('auth0', user)).toMatchObject({
      path: 'passwordHash',
      reason: expect.not.stringContaining('canary'),
    });
  });
});

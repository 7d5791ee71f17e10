// What is imported of a Clerk export, and who is refused.
import { pbkdf2Sync } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { readLegacyHash } from '../../../src/factors/password/legacy-hash/schemes.ts';
import { BCRYPT, PASSWORD, read, refusal, TOTP } from './reading.ts';

describe('Clerk', () => {
  const user = {
    id: 'user_2YDryYFVMM1W1plDDKz7Gzf4we6',
    first_name: 'Jane',
    last_name: '',
    username: 'jane',
    primary_email_address: 'Jane@example.com',
    primary_phone_number: '',
    verified_email_addresses: 'work@example.com|jane@example.com',
    unverified_email_addresses: '',
    verified_phone_numbers: '+14155552671|+14155552672',
    unverified_phone_numbers: '+14155552673',
    totp_secret: TOTP,
    password_digest: BCRYPT,
    password_hasher: 'bcrypt',
  };
  test('the verified addresses and numbers, the app and the hash are imported', () => {
    expect(read('clerk', user)).toMatchObject({
      id: null,
      externalId: user.id,
      name: 'Jane',
      email: 'jane@example.com',
      emailVerified: true,
      otherEmails: [{ address: { address: 'work@example.com' } }],
      phones: [
        { number: { number: '+14155552671' }, secondFactor: false },
        { number: { number: '+14155552672' }, secondFactor: false },
      ],
      totp: [{ secret: TOTP }],
      passwordHash: BCRYPT,
    });
  });
  test('a primary address outside the verified ones counts as unverified', () => {
    expect(read('clerk', { ...user, verified_email_addresses: 'work@example.com' })?.emailVerified).toBe(
      false,
    );
  });
  test('without a primary address, the first verified one is used', () => {
    expect(read('clerk', { ...user, primary_email_address: '' })?.email).toBe('work@example.com');
  });
});

describe('Clerk’s password_hasher', () => {
  const salt = Buffer.from('sea salt');
  const hash = pbkdf2Sync(PASSWORD, salt, 1500, 32, 'sha256').toString('base64');
  const user = {
    id: 'user_1',
    primary_email_address: 'a@example.com',
    verified_email_addresses: 'a@example.com',
  };
  test('takes precedence over the format of the digest', () => {
    const record = read('clerk', {
      ...user,
      password_digest: `pbkdf2_sha256$1500$${salt.toString('base64')}$${hash}`,
      password_hasher: 'pbkdf2_sha256',
    });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
  });
  test('that is unknown or does not match the digest makes the user be refused', () => {
    for (const password_hasher of ['rot13', 'argon2id']) {
      const entry = { ...user, password_digest: BCRYPT, password_hasher };
      expect(refusal('clerk', entry)).toMatchObject({ path: 'passwordHash' });
    }
  });
  test('awscognito means that there is no password to import', () => {
    const entry = { ...user, password_digest: 'awscognito#pool#client#jane', password_hasher: 'awscognito' };
    expect(read('clerk', entry)).toMatchObject({ passwordHash: null, mustChangePassword: true });
  });
});

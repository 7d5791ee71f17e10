// What is imported of Ory Kratos identities, and who is refused.
import { describe, expect, test } from 'vitest';
import { BCRYPT, read, refusal, TOTP, UUID } from './reading.ts';

describe('Ory Kratos', () => {
  const identity = {
    id: UUID,
    schema_id: 'default',
    state: 'active',
    traits: { email: 'a@example.com', name: { first: 'Ann', last: 'Onym' } },
    verifiable_addresses: [{ value: 'A@example.com', via: 'email', verified: true }],
    credentials: {
      password: { config: { hashed_password: BCRYPT } },
      totp: { config: { totp_url: `otpauth://totp/x?secret=${TOTP}` } },
      lookup_secret: {
        config: {
          recovery_codes: [
            { code: 'abcdefgh' },
            { code: 'usedcode', used_at: '2025-01-02T03:04:05Z' },
            { code: 'zerotime', used_at: '0001-01-01T00:00:00Z' },
          ],
        },
      },
      passkey: { config: {} },
    },
  };
  test('password, app and unused codes are imported', () => {
    expect(read('kratos', identity)).toMatchObject({
      id: UUID,
      name: 'Ann Onym',
      emailVerified: true,
      passwordHash: BCRYPT,
      totp: [{ secret: TOTP }],
      backupCodes: ['abcdefgh', 'zerotime'],
      otherSecondFactors: [],
    });
  });
  test('credentials without their secrets, and security keys for a second step, cannot be imported', () => {
    const keys = { config: { credentials: [{ is_passwordless: true }, { is_passwordless: false }] } };
    const credentials = { totp: {}, lookup_secret: {}, webauthn: keys, password: {} };
    expect(read('kratos', { ...identity, credentials })?.otherSecondFactors).toEqual([
      'totp',
      'lookup_secret',
      'webauthn',
    ]);
    const first = { webauthn: { config: { credentials: [{ is_passwordless: true }] } } };
    expect(read('kratos', { ...identity, credentials: first })?.otherSecondFactors).toEqual([]);
  });
  test('an inactive identity is refused, and a verified address must be the identity’s own', () => {
    expect(refusal('kratos', { ...identity, state: 'inactive' })).toMatchObject({ path: 'state' });
    const verifiable_addresses = [{ value: 'b@example.com', via: 'email', verified: true }];
    expect(read('kratos', { ...identity, verifiable_addresses })?.emailVerified).toBe(false);
  });
});

// What is imported of a Keycloak realm, and who is refused.
import { describe, expect, test } from 'vitest';
import { read, refusal, UUID } from './reading.ts';

describe('Keycloak', () => {
  const otp = (credentialData: object) => ({
    id: UUID,
    email: 'a@example.com',
    emailVerified: true,
    enabled: true,
    credentials: [
      {
        type: 'otp',
        secretData: JSON.stringify({ value: 'twenty bytes of text' }),
        credentialData: JSON.stringify(credentialData),
      },
      { type: 'recovery-authn-codes', credentialData: '{}' },
    ],
  });
  const usual = { subType: 'totp', digits: 6, period: 30, algorithm: 'HmacSHA1' };
  test('the text key of an app becomes base32', () => {
    const [app] = read('keycloak', otp(usual))?.totp ?? [];
    expect(app?.secret).toBe('OR3WK3TUPEQGE6LUMVZSA33GEB2GK6DU');
  });
  test.each([{ digits: 8 }, { period: 60 }, { algorithm: 'HmacSHA256' }, { subType: 'hotp' }])(
    'an app with %j is refused',
    (other) => {
      expect(refusal('keycloak', otp({ ...usual, ...other }))).toMatchObject({ path: 'totp.0.secret' });
    },
  );
});

describe('Keycloak’s credentials', () => {
  const user = { username: 'a', email: 'a@example.com', emailVerified: true };
  test('a password in plain text is refused by its field and not repeated', () => {
    const credentials = [{ type: 'otp-history' }, { type: 'password', value: 'canary' }];
    expect(refusal('keycloak', { ...user, credentials })).toEqual({
      path: 'credentials.1.value',
      reason: expect.stringMatching(/^This is a password in plain text(?!.*canary)/),
    });
  });
  test('an incomplete credential is refused by its field', () => {
    const credentials = [{ type: 'password', secretData: '{}' }];
    expect(refusal('keycloak', { ...user, credentials })).toMatchObject({
      path: 'credentials.0.credentialData',
    });
  });
  test('previous passwords do not count as second factors', () => {
    const credentials = [{ type: 'password-history', secretData: '{}', credentialData: '{}' }];
    expect(read('keycloak', { ...user, credentials })?.otherSecondFactors).toEqual([]);
  });
});

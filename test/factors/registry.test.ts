// Which factors are on offer, to whom: what the instance and the tenant say of text messages decides over phones only.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Account } from '../../src/factors/account.ts';
import type { PasswordHasher } from '../../src/factors/password/hash.ts';
import { FactorRegistry } from '../../src/factors/registry.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { SmsUse } from '../../src/policy/sms.ts';
import { NO_PROVIDERS } from '../harness/no-providers.ts';

function registryWith(sms: { enabled?: boolean; sendsTexts?: boolean } = {}): FactorRegistry {
  return new FactorRegistry(new KeyRing([randomBytes(32)]), {} as PasswordHasher, {
    sms: { enabled: true, countries: ['US', 'CA'], sendsTexts: true, ...sms },
    linkUrl: 'https://example.com/link',
    passkeys: { rpId: 'example.com', origins: ['https://example.com'] },
    makers: new Map(),
    approvalUrl: 'https://example.com/approve',
    geoip: { placeOf: () => null },
    clientCertificates: null,
    providers: NO_PROVIDERS,
  });
}

const MAIL = ['EMAIL_CODE', 'EMAIL_LINK'];
const PHONE = ['PHONE_CODE', 'PHONE_LINK'];

/** Everything that depends on what may be sent. */
function offer(registry: FactorRegistry, sms: SmsUse): object {
  return {
    first: registry.first(sms, 'default'),
    byEmail: registry.firstFor('EMAIL', sms, 'default'),
    byPhone: registry.firstFor('PHONE', sms, 'default'),
    resetByEmail: registry.reaching('EMAIL', sms),
    resetByPhone: registry.reaching('PHONE', sms),
    second: registry.second(sms),
    enrollable: registry.enrollable(sms),
  };
}

const WITHOUT_PHONES = {
  first: ['PASSWORD', ...MAIL, 'PASSKEY'],
  byEmail: ['PASSWORD', ...MAIL, 'PASSKEY'],
  byPhone: ['PASSWORD', 'PASSKEY'],
  resetByEmail: MAIL,
  resetByPhone: [],
  second: ['PASSKEY', 'TOTP', 'DEVICE_APPROVAL', 'BACKUP_CODE'],
  enrollable: ['PASSKEY', 'TOTP', 'DEVICE_APPROVAL'],
};
const SECOND_ONLY = {
  ...WITHOUT_PHONES,
  second: ['PHONE_CODE', 'PASSKEY', 'TOTP', 'DEVICE_APPROVAL', 'BACKUP_CODE'],
  enrollable: ['PHONE_CODE', 'PASSKEY', 'TOTP', 'DEVICE_APPROVAL'],
};
const ANYWHERE = {
  ...SECOND_ONLY,
  first: ['PASSWORD', ...MAIL, ...PHONE, 'PASSKEY'],
  byPhone: ['PASSWORD', ...PHONE, 'PASSKEY'],
  resetByPhone: PHONE,
};

describe('a phone is offered', () => {
  test.each([
    ['nowhere', SmsUse.OFF, WITHOUT_PHONES],
    ['as a second factor', SmsUse.SECOND_FACTOR, SECOND_ONLY],
    ['as any factor', SmsUse.ANY_FACTOR, ANYWHERE],
  ])('%s where the tenant says so', (_where, sms, expected) => {
    expect(offer(registryWith(), sms)).toEqual(expected);
  });

  test.each(Object.values(SmsUse))(
    'in no role if the instance sends no text messages, for a tenant with %s',
    (sms) => {
      const registry = registryWith({ enabled: false });
      expect(offer(registry, sms)).toEqual(WITHOUT_PHONES);
      expect(registry.countriesOfFirstFactor).toEqual([]);
    },
  );

  test('for the countries that text messages are sent to', () => {
    expect(registryWith().countriesOfFirstFactor).toEqual(['US', 'CA']);
    expect(registryWith().smsCountries).toEqual(['US', 'CA']);
  });

  test('without links if only codes can be sent', () => {
    const registry = registryWith({ sendsTexts: false });
    expect(registry.firstFor('PHONE', SmsUse.ANY_FACTOR, 'default')).toEqual([
      'PASSWORD',
      'PHONE_CODE',
      'PASSKEY',
    ]);
    expect(registry.get('PHONE_LINK')).toBeUndefined();
    expect(registry.provedBy('linkToken')).toEqual(['EMAIL_LINK']);
  });
});

test('each field of `ProofInput` names the factors that it may prove', () => {
  expect(registryWith().provedBy('linkToken')).toEqual(['EMAIL_LINK', 'PHONE_LINK']);
  expect(registryWith().provedBy('phoneCode')).toEqual(['PHONE_CODE']);
});

test('a decoy has no available factors, and a user has those that were proved', () => {
  const account = {
    smsOfTenant: SmsUse.ANY_FACTOR,
    smsOfUser: true,
    passkeyModels: null,
    certificateRules: [],
    emails: [{ address: 'jane@example.com', typed: 'jane@example.com', verified: true }],
    phones: [{ id: '1', number: '+14155552671', country: 'US', secondFactor: true, verified: true }],
    authenticators: [
      { factor: 'PASSWORD', confirmed: true },
      { factor: 'TOTP', confirmed: false },
    ],
    backupCodes: [{ guessable: false }],
  } as unknown as Account;
  expect(registryWith().availableFactors(null)).toEqual({ enrolled: [], first: [] });
  expect(registryWith().availableFactors(account)).toEqual({
    enrolled: ['PHONE_CODE', 'BACKUP_CODE'],
    first: ['PASSWORD', ...MAIL, ...PHONE],
  });
});

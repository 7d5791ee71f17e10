// What a number of a user is worth: whether it is written to, offered, and what a proof of it proves.
import { randomUUID } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import type { Account, PhoneOfAccount } from '../../../src/factors/account.ts';
import type { VerificationRequest } from '../../../src/factors/factor.ts';
import type { StoredChallenge } from '../../../src/factors/factor-exchange.ts';
import { messageToPhone, phoneChoices, provedByPhone } from '../../../src/factors/phone/phone.ts';
import type { SmsPolicy } from '../../../src/policy/sms.ts';

const ON: SmsPolicy = { enabled: true, countries: ['US'], sendsTexts: true };
const NUMBER: PhoneOfAccount = {
  id: randomUUID(),
  number: '+14155552671',
  country: 'US',
  secondFactor: true,
  verified: true,
};

function accountWith(phone: Partial<PhoneOfAccount> = {}, more: Partial<Account> = {}): Account {
  const phones = [
    { ...NUMBER, id: randomUUID(), number: '+14155552672' },
    { ...NUMBER, ...phone },
  ];
  return { smsOfTenant: 'ANY_FACTOR', smsOfUser: true, locale: 'en', phones, ...more } as unknown as Account;
}

/** Every way in which a number that its user has is not written to. */
const UNREACHABLE: readonly [string, Account, SmsPolicy][] = [
  ['the instance sends no texts', accountWith(), { ...ON, enabled: false }],
  ['its country is not on the list', accountWith({ country: 'CA' }), ON],
  ['the tenant has switched texts off', accountWith({}, { smsOfTenant: 'OFF' }), ON],
  ['its user has switched texts off', accountWith({}, { smsOfUser: false }), ON],
];

describe('a proof of a number', () => {
  const proved = (account: Account | null, sms = ON, enrolling: string | null = null, id = NUMBER.id) =>
    provedByPhone(
      'PHONE_CODE',
      { authenticatorId: id } as StoredChallenge,
      { account, enrolling } as VerificationRequest,
      sms,
    );

  test('is possession if its user made it a second factor, and otherwise only identifies the user', () => {
    const enrolledAt = '2026-01-02T03:04:05Z';
    expect(proved(accountWith({ enrolledAt }))).toEqual({ categories: ['POSSESSION'], enrolledAt });
    expect(proved(accountWith({ secondFactor: false }))).toEqual({ categories: [], enrolledAt: null });
  });

  test('counts for nothing if the number was never verified, was removed, or belongs to nobody', () => {
    expect(proved(accountWith({ verified: false }))).toBeNull();
    expect(proved(accountWith(), ON, null, randomUUID())).toBeNull();
    expect(proved(null)).toBeNull();
  });

  test('counts in an enrollment for the number that is being added, and for no other', () => {
    const added = accountWith({ verified: false, secondFactor: false });
    expect(proved(added, ON, NUMBER.id)).toMatchObject({ categories: ['POSSESSION'] });
    expect(proved(added, ON, randomUUID())).toBeNull();
    expect(proved(accountWith(), ON, randomUUID())).toBeNull();
  });

  test.each(UNREACHABLE)('counts for nothing when %s, not even in an enrollment', (_why, account, sms) => {
    expect(proved(account, sms)).toBeNull();
    expect(proved(account, sms, NUMBER.id)).toBeNull();
  });
});

describe('a text message', () => {
  const template = { name: 'phone-code', code: '123456', minutes: 5, approves: null } as const;

  test('is sent to the chosen number', () => {
    const message = messageToPhone(accountWith(), NUMBER.id, template, ON);
    expect(message).toMatchObject({ channel: 'sms', to: NUMBER.number, code: '123456' });
    expect(message.isDecoy).toBeUndefined();
  });

  test.each<[string, Account | null, string | null, SmsPolicy]>([
    ['there is no such user', null, NUMBER.id, ON],
    ['the user has no such number', accountWith(), randomUUID(), ON],
    ['no number was chosen', accountWith(), null, ON],
    ...UNREACHABLE.map(([why, account, sms]): [string, Account, string, SmsPolicy] => [
      why,
      account,
      NUMBER.id,
      sms,
    ]),
  ])('is a decoy when %s', (_why, account, id, sms) => {
    const message = messageToPhone(account, id, template, sms);
    expect(message.isDecoy).toBe(true);
    expect(message.to).not.toBe(NUMBER.number);
  });
});

describe('a number is offered', () => {
  const offered = (account: Account, role: 'FIRST' | 'SECOND', sms = ON): boolean =>
    phoneChoices('PHONE_CODE', account, role, sms).some((one) => one.authenticatorId === NUMBER.id);

  test('by its last two digits', () => {
    expect(phoneChoices('PHONE_LINK', accountWith(), 'SECOND', ON)[1]).toEqual({
      factor: 'PHONE_LINK',
      authenticatorId: NUMBER.id,
      hint: '+1 ••••••••71',
      needsPreparing: true,
    });
  });

  test('as a first factor only if the tenant allows it, whatever its user chose', () => {
    for (const secondFactor of [true, false]) {
      expect(offered(accountWith({ secondFactor }), 'FIRST')).toBe(true);
      expect(offered(accountWith({ secondFactor }, { smsOfTenant: 'SECOND_FACTOR' }), 'FIRST')).toBe(false);
    }
  });

  test('as a second factor only if its user made it one', () => {
    expect(offered(accountWith({}, { smsOfTenant: 'SECOND_FACTOR' }), 'SECOND')).toBe(true);
    expect(offered(accountWith({ secondFactor: false }), 'SECOND')).toBe(false);
  });

  test.each(['FIRST', 'SECOND'] as const)('as a %s factor never before it was proved', (role) => {
    expect(offered(accountWith({ verified: false }), role)).toBe(false);
  });

  test.each(UNREACHABLE)('in no role when %s', (_why, account, sms) => {
    for (const role of ['FIRST', 'SECOND'] as const) expect(offered(account, role, sms)).toBe(false);
  });
});

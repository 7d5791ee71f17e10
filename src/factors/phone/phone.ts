// A user's phone numbers as factors: which ones may be sent messages, and what each one proves.
import type { Message } from '../../delivery/message.ts';
import { compose, composeDecoy } from '../../delivery/messages/compose.ts';
import type { Template } from '../../delivery/messages/template.ts';
import { type Category, FACTOR_TRAITS, FactorKind } from '../../policy/factor-kind.ts';
import { isReachable, type SmsPolicy, SmsUse } from '../../policy/sms.ts';
import type { Account, PhoneOfAccount } from '../account.ts';
import type { FactorChoice, FactorRole, VerificationRequest } from '../factor.ts';
import type { StoredChallenge } from '../factor-exchange.ts';
import { maskNumber } from './number.ts';

export const PHONE_SECONDS = 300;

/** The factors that a phone number can complete. */
export const PHONE_FACTORS: readonly FactorKind[] = [FactorKind.PHONE_CODE, FactorKind.PHONE_LINK];

/**
 * FIRST: any verified number, if the tenant allows it. SECOND: only numbers that the user turned on as a second factor.
 */
export function phoneChoices(
  factor: FactorKind,
  account: Account,
  role: FactorRole,
  sms: SmsPolicy,
): FactorChoice[] {
  if (role === 'FIRST' && account.smsOfTenant !== SmsUse.ANY_FACTOR) return [];
  return account.phones
    .filter((one) => one.verified && mayWriteTo(one, account, sms) && (role === 'FIRST' || one.secondFactor))
    .map((one) => ({
      factor,
      authenticatorId: one.id,
      hint: maskNumber(one.number),
      needsPreparing: true,
    }));
}

/** A decoy if the number does not exist or must not be sent messages. */
export function messageToPhone(
  account: Account | null,
  phoneId: string | null,
  template: Template,
  sms: SmsPolicy,
): Message {
  const phone = account?.phones.find((one) => one.id === phoneId);
  if (account === null || phone === undefined || !mayWriteTo(phone, account, sms))
    return composeDecoy(template);
  return compose(template, { to: phone.number, locale: account.locale });
}

/**
 * What the challenge's number proves, and since when. Null when the number no longer counts, or is not the one that is
 * being enrolled.
 */
export function provedByPhone(
  factor: FactorKind,
  { authenticatorId }: StoredChallenge,
  { account, enrolling }: VerificationRequest,
  sms: SmsPolicy,
): { readonly categories: readonly Category[]; readonly enrolledAt: string | null } | null {
  const phone = account?.phones.find((one) => one.id === authenticatorId);
  if (!account || phone === undefined || !mayWriteTo(phone, account, sms)) return null;
  const { categories } = FACTOR_TRAITS[factor];
  const { enrolledAt = null } = phone;
  if (enrolling !== null) return phone.id === enrolling ? { categories, enrolledAt } : null;
  if (!phone.verified) return null;
  // A number that the user has not turned on as a second factor only identifies them.
  return { categories: phone.secondFactor ? categories : [], enrolledAt };
}

function mayWriteTo({ country }: PhoneOfAccount, account: Account, sms: SmsPolicy): boolean {
  return isReachable(sms, { tenant: account.smsOfTenant, user: account.smsOfUser, country });
}

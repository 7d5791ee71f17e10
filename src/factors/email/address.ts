// The email addresses of a user as a factor: the choices they offer, the messages sent to them, and what each one proves.

import type { GeoIp } from '../../delivery/geoip.ts';
import type { Message } from '../../delivery/message.ts';
import { compose, composeDecoy } from '../../delivery/messages/compose.ts';
import type { Purpose, Template } from '../../delivery/messages/template.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import type { Account, EmailOfAccount } from '../account.ts';
import type { ChallengeRequest, FactorChoice, VerificationRequest } from '../factor.ts';
import type { StoredChallenge } from '../factor-exchange.ts';
import { maskEmail } from './mask.ts';

export const EMAIL_SECONDS = 600;

/** The factors that an email address can complete. */
export const EMAIL_FACTORS: readonly FactorKind[] = [FactorKind.EMAIL_CODE, FactorKind.EMAIL_LINK];

/** Every verified address, the primary one first. */
export function emailChoices(factor: FactorKind, { emails }: Account): FactorChoice[] {
  return emails
    .filter((one) => one.verified)
    .map(({ id, typed }) => ({ factor, authenticatorId: id, hint: maskEmail(typed), needsPreparing: true }));
}

/** A decoy if there is no such address. If it belongs to another user, that user is told, and the response does not show it. */
export function messageToEmail(
  { account, authenticatorId, purpose }: Pick<ChallengeRequest, 'account' | 'authenticatorId' | 'purpose'>,
  template: Template,
  geoip?: GeoIp,
): Message {
  const email = account && addressOf(account, authenticatorId);
  if (account === null || email === null) return composeDecoy(template, geoip);
  const { address: to, owner } = email;
  return owner === null
    ? compose(template, { to, locale: account.locale }, geoip)
    : compose({ name: noticeOfOwner(purpose) }, { to, locale: owner.locale }, geoip);
}

/** What a message to this address is for. */
export function purposeOf({
  account,
  authenticatorId,
  purpose,
}: Pick<ChallengeRequest, 'account' | 'authenticatorId' | 'purpose'>): Purpose {
  const email = account && addressOf(account, authenticatorId);
  return purpose === 'enrollment' && email?.verified === false ? 'new-address' : purpose;
}

function noticeOfOwner(purpose: Purpose): 'already-registered' | 'address-wanted' {
  return purpose === 'sign-up' ? 'already-registered' : 'address-wanted';
}

/**
 * Since when the address of the challenge has been verified. Null when it no longer counts, or is not the one that is being
 * added.
 */
export function provedByEmail(
  { authenticatorId }: StoredChallenge,
  { account, enrolling }: VerificationRequest,
): { readonly enrolledAt: string | null } | null {
  const email = account && addressOf(account, authenticatorId);
  if (account === null || email === null) return null;
  const { enrolledAt = null } = email;
  if (enrolling !== null) return email.id === enrolling ? { enrolledAt } : null;
  // The address that a sign-up verifies is the primary one before it is verified.
  return email.verified || email.id === account.email?.id ? { enrolledAt } : null;
}

/** @param id null for the primary address. */
function addressOf({ email, emails }: Account, id: string | null): EmailOfAccount | null {
  return id === null ? email : (emails.find((one) => one.id === id) ?? null);
}

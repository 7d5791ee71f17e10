// The email address of a user as a factor: the choices it offers, and the messages sent to it.

import type { GeoIp } from '../../delivery/geoip.ts';
import type { Message } from '../../delivery/message.ts';
import { compose, composeDecoy } from '../../delivery/messages/compose.ts';
import type { Template } from '../../delivery/messages/template.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { Account } from '../account.ts';
import type { FactorChoice } from '../factor.ts';
import { maskEmail } from './mask.ts';

export const EMAIL_SECONDS = 600;

export function emailChoices(factor: FactorKind, { email }: Account): FactorChoice[] {
  return !email?.verified
    ? []
    : [{ factor, authenticatorId: null, hint: maskEmail(email.typed), needsPreparing: true }];
}

/** If the address already has an account, its owner is notified by email. The API's response does not reveal it. */
export function messageToEmail(account: Account | null, template: Template, geoip?: GeoIp): Message {
  if (!account?.email) return composeDecoy(template, geoip);
  const { address: to, owner } = account.email;
  return owner === null
    ? compose(template, { to, locale: account.locale }, geoip)
    : compose({ name: 'already-registered' }, { to, locale: owner.locale }, geoip);
}

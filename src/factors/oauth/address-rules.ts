// When an address that a provider claims is as good as one that we have verified (L2). A provider that lets its users enter
// any address, or whose administrators can set it, would otherwise open the account of whoever has that address here
// ("nOAuth").
import { AddressTrust } from '../../config/provider-settings.ts';
import { domainOf, emailAddress, type Mailbox } from '../email/mailbox.ts';
import type { Claims } from './profile.ts';

/** Whether the provider's claim is proof that the user reads the mail of this address. */
export type AddressRule = (claims: Claims, mailbox: Mailbox) => boolean;

export const never: AddressRule = () => false;

/** Apple writes it as text. */
export const emailVerified = ({ email_verified: verified }: Claims): boolean =>
  verified === true || verified === 'true';

/**
 * Google is authoritative for its own mail and for the domains of its customers (`hd`). Any other address was only verified
 * once. https://developers.google.com/identity/gsi/web/guides/verify-google-id-token
 */
export const googleRule: AddressRule = (claims, { address }) =>
  emailVerified(claims) &&
  (address.endsWith('@gmail.com') || (typeof claims['hd'] === 'string' && claims['hd'] !== ''));

/** Microsoft: the domain owner verified. The optional claim has to be added to the registration of the application. */
export const microsoftRule: AddressRule = ({ xms_edov: verified }) =>
  verified === true || verified === 1 || verified === '1' || verified === 'true';

/** Whether the provider speaks for an address in this domain, whose owner has chosen the provider for it. */
export type DomainRule = (claims: Claims, domain: string) => boolean;

/** The owner of the domain administers the provider. Many of these do not say whether an address is verified. */
export const notDenied: DomainRule = ({ email_verified: verified }) =>
  verified === undefined || emailVerified({ email_verified: verified });

/** Anybody can have an account with an address of this domain. Only those of the customer are its users. */
export const googleDomainRule: DomainRule = (claims, domain) =>
  emailVerified(claims) && claims['hd'] === domain;

/** @returns null when the address does not count, or is none. */
export function trustedMailbox(claims: Claims, rule: AddressRule, trust: AddressTrust): Mailbox | null {
  const mailbox = claimedMailbox(claims);
  if (mailbox === null || trust === AddressTrust.NEVER) return null;
  const applied = trust === AddressTrust.EMAIL_VERIFIED ? emailVerified : rule;
  return applied(claims, mailbox) ? mailbox : null;
}

/** The address of a user in a domain whose owner has chosen the provider. Null when it says no such thing. */
export function domainMailbox(claims: Claims, rule: DomainRule | null, trust: AddressTrust): Mailbox | null {
  const mailbox = claimedMailbox(claims);
  if (mailbox === null || rule === null || trust === AddressTrust.NEVER) return null;
  return rule(claims, domainOf(mailbox.address)) ? mailbox : null;
}

function claimedMailbox({ email }: Claims): Mailbox | null {
  return (typeof email === 'string' && emailAddress.safeParse(email).data) || null;
}

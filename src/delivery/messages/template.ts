// Every message that users can receive, with the values that fill its text. The texts are in the catalogues in this folder,
// one per language.
import type { Locale } from './locales.ts';

export type Template =
  /** A code sent to an email address or phone number. */
  | ({ readonly name: 'email-code'; readonly code: string; readonly minutes: number } & Approval)
  | ({ readonly name: 'phone-code'; readonly code: string; readonly minutes: number } & Approval)
  /** A link, and what it approves. */
  | ({
      readonly name: 'email-link';
      readonly url: string;
      readonly minutes: number;
      readonly purpose: Purpose;
    } & Origin)
  | { readonly name: 'phone-link'; readonly url: string; readonly minutes: number; readonly purpose: Purpose }
  | Notice;

/**
 * What a link approves. A person who is asked to approve a password reset must not think that it is a sign-in. `new-address`:
 * the enrollment of the address itself.
 */
export type Purpose =
  | 'sign-in'
  | 'sign-up'
  | 'password-reset'
  | 'enrollment'
  | 'new-address'
  | 'step-up'
  | 'agent-request'
  | 'provider-test';

/** Notices about everything that changes an account or gives access to it. */
export type Notice =
  /** Someone tried to sign up with an address that already has an account. */
  | { readonly name: 'already-registered' }
  /** Someone tried to add an address that belongs to this account to another one. */
  | { readonly name: 'address-wanted' }
  /** `address` is masked. */
  | { readonly name: 'email-address-added'; readonly address: string }
  | { readonly name: 'email-address-removed'; readonly address: string }
  | { readonly name: 'primary-email-address-changed'; readonly address: string }
  /** Two accounts of the user are one now. */
  | { readonly name: 'accounts-merged' }
  | ({ readonly name: 'new-sign-in' } & Origin)
  /** The user rejected a request on their device. `minutes`: how long nobody is asked now. Null if it is not paused. */
  | ({ readonly name: 'approval-rejected'; readonly minutes: number | null } & Origin)
  /** An agent got a token. */
  | ({ readonly name: 'agent-created'; readonly agent: string } & Origin)
  /** An agent asks the user to approve an operation. */
  | { readonly name: 'agent-request'; readonly agent: string; readonly approves: string }
  | { readonly name: 'password-changed' }
  | { readonly name: 'factor-added'; readonly factor: FactorName }
  | { readonly name: 'factor-removed'; readonly factor: FactorName }
  /** An account at an identity provider can now be used to sign in, or no longer. */
  | { readonly name: 'identity-linked'; readonly provider: string }
  | { readonly name: 'identity-unlinked'; readonly provider: string }
  /** A passkey was refused because its signature counter went back. */
  | { readonly name: 'passkey-copied' }
  /** For administrators: the users of a domain sign in with its identity provider from now on, or no longer. */
  | { readonly name: 'domain-activated'; readonly domain: string; readonly provider: string }
  | { readonly name: 'domain-released'; readonly domain: string }
  /** For administrators: the proof of a domain is missing, and for too long. */
  | {
      readonly name: 'domain-missing';
      readonly domain: string;
      readonly record: { readonly name: string; readonly value: string };
    }
  | { readonly name: 'domain-lost'; readonly domain: string }
  /** For the other administrators: one of them has signed in without the identity provider of their domain. */
  | ({ readonly name: 'signed-in-without-provider'; readonly administrator: string } & Origin)
  | { readonly name: 'second-factors-removed' }
  /** The account will be deleted, or no longer, or was. */
  | ({ readonly name: 'deletion-scheduled'; readonly due: Date } & Origin)
  | ({ readonly name: 'deletion-cancelled' } & Origin)
  | { readonly name: 'account-deleted' }
  | ({ readonly name: 'data-exported' } & Origin)
  | { readonly name: 'backup-codes-regenerated' }
  | { readonly name: 'backup-codes-low'; readonly remaining: number }
  /** `minutes` is the time until the lock ends by itself. Null if only a new password or an administrator ends it. */
  | { readonly name: 'account-locked'; readonly minutes: number | null };

/** What a factor is called in each language, as the subject of a sentence. The factor itself brings it. */
export type FactorName = Readonly<Record<Locale, string>>;

/** The operation that a code approves, in words. Null if it approves no operation. */
export interface Approval {
  readonly approves: string | null;
}

/** Where a request came from. */
export interface Origin {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly at: Date;
}

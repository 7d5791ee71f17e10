// Who a user is at a provider: as the provider has just said it, and as it is about to be stored.
import type { Capture } from '../capture.ts';
import type { Mailbox } from '../email/mailbox.ts';

export interface ProvenIdentity {
  readonly is: 'IDENTITY';
  readonly providerId: string;
  readonly issuer: string;
  readonly subject: string;
  readonly name: string | null;
  /** As the provider claims it. */
  readonly address: string | null;
  /** The same, if the claim counts as a proof. */
  readonly mailbox: Mailbox | null;
  /** The same, if it is in a domain whose owner has chosen the provider. Whether it is, the tenant’s domains say. */
  readonly domainMailbox: Mailbox | null;
  /** For the report of a test: the names of the claims, and what they say of the authentication. */
  readonly said: {
    readonly names: readonly string[];
    readonly acr: string | null;
    readonly amr: readonly string[];
  };
  /** By the domains of the tenant. */
  readonly standing: Standing;
  /**
   * When the provider has verified a second factor, in seconds since 1970, as it says by the configured values. Null if it has
   * not, or too long ago.
   */
  readonly secondFactorAt: number | null;
  /** The digest of the user's session at the provider. Null if it has not said which one it is. */
  readonly providerSession: string | null;
}

/**
 * FREE: no domain is concerned. INSIDE: a domain that the provider was chosen for. OUTSIDE: the provider was chosen for other
 * domains only. ELSEWHERE: another provider was chosen for the domain.
 */
export type Standing =
  | { readonly is: 'FREE' }
  | { readonly is: 'INSIDE'; readonly capture: Capture }
  | { readonly is: 'OUTSIDE' }
  | { readonly is: 'ELSEWHERE' };

/** One that is not linked yet. */
export interface NewIdentity {
  readonly id: string;
  readonly providerId: string;
  readonly issuer: string;
  readonly subject: string;
  /** Sealed. */
  readonly address: string | null;
  /** The domain by which it is linked. Null: by none. */
  readonly capture: Capture | null;
}

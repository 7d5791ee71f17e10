// Who a user is at a provider: as the provider has just said it, and as it is about to be stored.
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
  /**
   * When the provider has verified a second factor, in seconds since 1970, as it says by the configured values. Null if it has
   * not, or too long ago.
   */
  readonly secondFactorAt: number | null;
  /** The digest of the user's session at the provider. Null if it has not said which one it is. */
  readonly providerSession: string | null;
}

/** One that is not linked yet. */
export interface NewIdentity {
  readonly id: string;
  readonly providerId: string;
  readonly issuer: string;
  readonly subject: string;
  /** Sealed. */
  readonly address: string | null;
}

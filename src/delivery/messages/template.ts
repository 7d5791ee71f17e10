// Every message that a user can get, by name, with what its text is filled with. The texts are in the catalogues beside
// this, one for each language.
import type { FactorKind } from '../../policy/factor-kind.ts';

export type Template =
  /** A code, for an address or a number. */
  | ({ readonly name: 'email-code'; readonly code: string; readonly minutes: number } & Approval)
  | ({ readonly name: 'phone-code'; readonly code: string; readonly minutes: number } & Approval)
  /** A link, and what it would approve. */
  | ({
      readonly name: 'email-link';
      readonly url: string;
      readonly minutes: number;
      readonly purpose: Purpose;
    } & Origin)
  | { readonly name: 'phone-link'; readonly url: string; readonly minutes: number; readonly purpose: Purpose }
  | Notice;

/** What a link approves: whoever is asked to approve a new password must not think that it is a sign-in. */
export type Purpose = 'sign-in' | 'sign-up' | 'password-reset' | 'enrollment' | 'step-up';

/** Everything that changes an account, or opens it, happens to its user with notice. */
export type Notice =
  /** Somebody tried to sign up with an address that has an account already. */
  | { readonly name: 'already-registered' }
  | ({ readonly name: 'new-sign-in' } & Origin)
  | { readonly name: 'password-changed' }
  | { readonly name: 'factor-added'; readonly factor: FactorKind }
  | { readonly name: 'factor-removed'; readonly factor: FactorKind }
  | { readonly name: 'second-factors-removed' }
  | { readonly name: 'backup-codes-regenerated' }
  | { readonly name: 'backup-codes-low'; readonly remaining: number }
  /** `minutes`: until the lock ends by itself; null: not before a new password or an administrator. */
  | { readonly name: 'account-locked'; readonly minutes: number | null };

/** What a code approves beside a sign-in: one operation, in words; null: nothing. */
export interface Approval {
  readonly approves: string | null;
}

/** Where something came from. */
export interface Origin {
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly at: Date;
}

// The contract of a factor: what a user could prove with it, how a challenge is made, how a proof is checked.
// A new factor is one folder that implements this, and one line in the registry.
import type { Message } from '../delivery/message.ts';
import type { Sql } from '../persistence/orm.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Account, StoredAuthenticator } from './account.ts';

export interface Factor {
  readonly kind: FactorKind;
  /** The member of `ProofInput` that carries its proof. */
  readonly proof: ProofField;
  /** Whether a challenge must be made with `prepareFactor` before there is anything to prove. */
  readonly needsPreparing: boolean;
  /** What this user could prove; empty when nothing. Asked only after the user has proved something already. */
  options(account: Account): FactorChoice[];
  /** A new challenge, for a factor that needs preparing. Nothing is sent before the step commits. */
  prepare?(request: ChallengeRequest): PreparedChallenge;
  /** Checks a proof. Throws only when the infrastructure failed, or was too busy to check at all. */
  verify(proof: string, request: VerificationRequest): Promise<Verdict>;
  /** A factor that users enroll by proving it: makes the secret of a new authenticator. */
  enroll?(authenticatorId: string): NewSecret;
}

export interface ProofField {
  readonly factor: FactorKind;
  readonly name: 'password' | 'emailCode' | 'totp' | 'backupCode';
  readonly description: string;
  /** In code points. A longer proof is refused unread. */
  readonly maximumLength: number;
}

export interface FactorChoice {
  readonly factor: FactorKind;
  readonly authenticatorId: string | null;
  /** Enough to recognise it, never enough to use it: a masked address, a label. */
  readonly hint: string | null;
  readonly needsPreparing: boolean;
}

export interface ChallengeRequest {
  readonly workflowId: string;
  readonly account: Account | null;
  readonly now: Date;
}

export interface PreparedChallenge {
  readonly codeDigest: string;
  readonly hint: string | null;
  readonly expiresAt: Date;
  /** Null for a decoy: there is nobody to write to. */
  readonly message: Message | null;
}

export interface StoredChallenge {
  readonly id: string;
  readonly factor: FactorKind;
  readonly codeDigest: string;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly consumed: boolean;
}

export interface VerificationRequest {
  readonly workflowId: string;
  /** Null for a decoy. The work done for it is the same, and so is the time it takes. */
  readonly account: Account | null;
  /** The authenticators that may be proved: the confirmed ones, or the one that is being enrolled. */
  readonly authenticators: readonly StoredAuthenticator[];
  readonly challenge: StoredChallenge | null;
  readonly now: Date;
}

/** Uses up a proof inside the step's transaction. False: somebody else was first. */
export type Consume = (sql: Sql) => Promise<boolean>;

export type Verdict =
  | { readonly accepted: true; readonly consume: Consume | null }
  | { readonly accepted: false };

export interface NewSecret {
  /** As it may be stored. */
  readonly stored: string;
}

export const REJECTED: Verdict = { accepted: false };

// The contract of a factor: what a user could prove with it, how a challenge is made, how a proof is checked.
// A new factor is a folder that implements this, a line in the registry, a row in policy/factor-kind.ts, and what is said of it
// in the schema.
import type { Message } from '../delivery/message.ts';
import type { Notice, Purpose } from '../delivery/messages/template.ts';
import type { Sql } from '../persistence/orm.ts';
import type { Settlement } from '../persistence/settlement.ts';
import type { Category, FactorKind } from '../policy/factor-kind.ts';
import type { Client } from '../sessions/grants.ts';
import type { Account, StoredAuthenticator } from './account.ts';
import type { IdentifierKind } from './identifier.ts';

/** As the first step of a sign-in, or as one that follows or steps up. */
export type FactorRole = 'FIRST' | 'SECOND';

export interface Factor {
  readonly kind: FactorKind;
  /** The members of `ProofInput` that carry its proof. */
  readonly proofs: readonly ProofField[];
  readonly roles: readonly FactorRole[];
  /** The kind of identifier whose holder it reaches: a first factor for those who name such a one. Null: for all. */
  readonly reaches: IdentifierKind | null;
  /** Whether a challenge must be made with `prepareFactor` before there is anything to prove. */
  readonly needsPreparing: boolean;
  /** What this user could prove in this role; empty when nothing. Shown only to those who have proved something. */
  options(account: Account, role: FactorRole): FactorChoice[];
  /** A new challenge, for a factor that needs preparing. Nothing is sent before the step commits. */
  prepare?(request: ChallengeRequest): PreparedChallenge;
  /**
   * Checks a proof. Throws a UserError when there was nothing to check yet, and otherwise only when the infrastructure
   * failed or was too busy: no attempt is counted then.
   */
  verify(proof: string, request: VerificationRequest): Promise<Verdict>;
  /** For a factor that users enroll by proving it. */
  readonly enrollment?: FactorEnrollment;
}

export interface ProofField {
  readonly name:
    | 'password'
    | 'emailCode'
    | 'phoneCode'
    | 'linkToken'
    | 'linkApproved'
    | 'totp'
    | 'backupCode';
  readonly description: string;
  /** In code points; a longer proof is refused unread. Null: the proof is `true`, and says nothing by itself. */
  readonly maximumLength: number | null;
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
  readonly challengeId: string;
  readonly account: Account | null;
  /** Which of several: a phone number. */
  readonly authenticatorId: string | null;
  /** What it is for. */
  readonly purpose: Purpose;
  /** The operation that it approves, in words; null when it approves none. */
  readonly approves: string | null;
  /** Who asks for it. */
  readonly client: Client;
  readonly now: Date;
}

export interface PreparedChallenge {
  /** Of the secret that was sent. */
  readonly digest: string;
  readonly expiresAt: Date;
  /** A decoy for an account that does not exist, and for somebody who must not be written to. */
  readonly message: Message;
}

export interface StoredChallenge {
  readonly id: string;
  readonly factor: FactorKind;
  readonly codeDigest: string;
  readonly authenticatorId: string | null;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly approved: boolean;
  readonly consumed: boolean;
}

export interface VerificationRequest {
  readonly workflowId: string;
  /** Null for a decoy. The work done for it is the same, and so is the time it takes. */
  readonly account: Account | null;
  /** The authenticators that may be proved: the confirmed ones, or the one that is being enrolled. */
  readonly authenticators: readonly StoredAuthenticator[];
  /** The one that is being enrolled, when that is what is proved. */
  readonly enrolling: string | null;
  readonly challenge: StoredChallenge | null;
  readonly now: Date;
}

/** Uses up a proof inside the step's transaction. False: somebody else was first. */
export type Consume = (sql: Sql) => Promise<boolean>;

export type Verdict = Accepted | Rejected;

export interface Accepted {
  readonly accepted: true;
  readonly consume: Consume | null;
  /** What it proved, when that is not what its kind says. */
  readonly categories?: readonly Category[];
  /** What the user should hear of. */
  readonly notice?: Notice;
}

export interface Rejected {
  readonly accepted: false;
  /** It is right and was used before: whoever sends it has guessed nothing. */
  readonly isReplay?: boolean;
}

export const REJECTED: Rejected = { accepted: false };

/** How a factor keeps what its users enroll. */
export interface FactorEnrollment {
  /** A label of the new one for `FactorOption.hint`, where the user must recognise it. */
  hint(account: Account, authenticatorId: string): string | null;
  /** Writes the new authenticator, which does not count yet, unless it was written when the workflow began. */
  begin(settlement: Settlement, authenticator: NewAuthenticator): { readonly secret: string } | null;
  /** It was proved: it counts from now on. */
  confirm(settlement: Settlement, authenticator: ProvedAuthenticator): void;
}

export interface NewAuthenticator {
  readonly id: string;
  readonly userId: string;
  readonly label: string | null;
  readonly now: Date;
}

export interface ProvedAuthenticator {
  readonly id: string;
  readonly isSecondFactor: boolean;
  readonly now: Date;
}

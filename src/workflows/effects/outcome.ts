// The results of a step's effects, for its reply. Secrets in it are shown once and never stored.
import type { Message } from '../../delivery/message.ts';
import type { FactorData } from '../../factors/account.ts';
import type { UnprovedAuthenticator } from '../../factors/factor-enrollment.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { UnsignedGrant } from '../../sessions/grants.ts';
import type { PresentedSession } from '../../sessions/presented.ts';

export interface Outcome {
  readonly challenge?: OutstandingChallenge;
  /** The message that carries the challenge. */
  readonly sends?: Message;
  readonly grant?: UnsignedGrant;
  readonly backupCodes?: readonly string[];
  /** The authenticator being enrolled, as stored. */
  readonly enrolling?: UnprovedAuthenticator;
  /** The session of the workflow, with its new evidence. */
  readonly session?: PresentedSession;
  /** The authenticators that this step proves for the first time. */
  readonly confirmed?: readonly string[];
  /** The id of the identity that this step has linked. */
  readonly linked?: string;
  /** Of a test of an identity provider. */
  readonly report?: TestReport;
  /** The second factors that the user gains in this step. */
  readonly added?: readonly FactorKind[];
}

/** What came back from an identity provider in a test. */
export interface TestReport {
  /** Whether the provider speaks for an address in the domain. */
  readonly isUsable: boolean;
  readonly address: string | null;
  /** The names of the claims. */
  readonly names: readonly string[];
  readonly acr: string | null;
  readonly amr: readonly string[];
}

export interface OutstandingChallenge {
  readonly factor: FactorKind;
  readonly hint: string | null;
  readonly sentAt: Date;
  readonly expiresAt: Date;
  /** When the user approved the link. Null for a code. */
  readonly approvedAt: Date | null;
  /** What the client needs to answer it. */
  readonly request: FactorData | null;
}

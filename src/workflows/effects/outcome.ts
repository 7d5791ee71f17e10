// What the effects of a step leave for its reply. Secrets in it are shown once and stored nowhere.
import type { Message } from '../../delivery/message.ts';
import type { FactorData } from '../../factors/account.ts';
import type { UnprovedAuthenticator } from '../../factors/factor.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { UnsignedGrant } from '../../sessions/grants.ts';
import type { PresentedSession } from '../../sessions/presented.ts';

export interface Outcome {
  readonly challenge?: OutstandingChallenge;
  /** The message that goes out with the challenge. */
  readonly sends?: Message;
  readonly grant?: UnsignedGrant;
  readonly backupCodes?: readonly string[];
  /** The authenticator whose enrollment began, as it is stored. */
  readonly enrolling?: UnprovedAuthenticator;
  /** The session of the workflow, after its evidence has grown. */
  readonly session?: PresentedSession;
  /** The authenticators that this step proves for the first time. */
  readonly confirmed?: readonly string[];
  /** The second factors that the user has from this step on. */
  readonly added?: readonly FactorKind[];
}

export interface OutstandingChallenge {
  readonly factor: FactorKind;
  readonly hint: string | null;
  readonly sentAt: Date;
  readonly expiresAt: Date;
  /** For a link: when its holder approved it. */
  readonly approvedAt: Date | null;
  /** What the client needs to answer it. */
  readonly request: FactorData | null;
}

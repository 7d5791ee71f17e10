// The interface of a factor that users enroll: how its authenticators are chosen, stored, set up and confirmed.
import type { Notice } from '../delivery/messages/template.ts';
import type { AuditType } from '../persistence/audit-type.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { Account, FactorData, StoredAuthenticator } from './account.ts';

/** How a factor stores the authenticators that its users enroll. */
export interface FactorEnrollment {
  /** Which authenticator is enrolled, from what the user gave. Absent: a new one. @throws {UserError} */
  choose?(request: EnrollmentRequest): ChosenAuthenticator;
  /** A label of the new authenticator for `FactorOption.hint`. Null when the user does not need one. */
  hint(account: Account, authenticatorId: string): string | null;
  /** Writes the new, unconfirmed authenticator. Returns null if it was already written when the workflow began. */
  begin(unitOfWork: UnitOfWork, authenticator: NewAuthenticator): Begun | null;
  /**
   * What the user needs to set it up, as `Enrollment.material`, until they have proved it. It is made for each reply and
   * stored nowhere. Absent when the user needs nothing.
   */
  material?(
    authenticator: UnprovedAuthenticator,
    shownAs: ShownAs,
    account: Account,
  ): FactorData | Promise<FactorData>;
  /** Whether `material` contains the challenge, so that `prepareFactor` is not called for a new authenticator. */
  readonly isChallengedByMaterial?: true;
  /** How it is recorded and told, if not by its name alone. */
  readonly announced?: {
    readonly audit: AuditType;
    /** Null if its proof has brought the notice. */
    notice(account: Account, authenticatorId: string): Notice | null;
  };
  /** Called when the user has proved the authenticator. It counts from now on. */
  confirm(unitOfWork: UnitOfWork, authenticator: ProvedAuthenticator): void;
}

export interface EnrollmentRequest {
  readonly account: Account;
  /** The values of `enrollmentInput`. */
  readonly given: object;
  /** The id of a new authenticator. @throws {UserError} when the user has too many. */
  newId(): string;
  /** Of the first step of the workflow. */
  readonly unitOfWork: UnitOfWork;
  readonly now: Date;
}

export interface ChosenAuthenticator {
  readonly id: string;
  /** With the authenticator, if the unit of work adds it. */
  readonly account: Account;
  /** False for one that only identifies the user. */
  readonly isSecondFactor: boolean;
}

/** What `begin` has stored. */
export type Begun = Pick<StoredAuthenticator, 'secret' | 'data'>;

/** An authenticator that is being enrolled, as it is stored. */
export type UnprovedAuthenticator = Pick<StoredAuthenticator, 'id' | 'factor' | 'secret' | 'data'>;

/** What the user's device calls an account. */
export interface ShownAs {
  readonly issuer: string;
  readonly account: string;
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

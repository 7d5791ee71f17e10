// The interface of a factor: what a user can prove with it, how a challenge is made, and how a proof is checked. To add
// one, add a folder that defines it, a line in the registry and a row in policy/factor-kind.ts: docs/adding-a-factor.md.
import type { Message } from '../delivery/message.ts';
import type { FactorName, Notice, Purpose } from '../delivery/messages/template.ts';
import type { EntityManager } from '../persistence/orm.ts';
import type { HeldByOwner, Rewrappable } from '../persistence/sealed-column.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { Category, FactorKind } from '../policy/factor-kind.ts';
import type { Client } from '../sessions/grants.ts';
import type { Account, FactorData, StoredAuthenticator } from './account.ts';
import type { IdentifierKind } from './identifier.ts';
import type { FactorInput } from './input-field.ts';
import type { ProofField } from './proof.ts';
import type { FactorTransfer } from './transfer.ts';

/** FIRST: the first step of a sign-in. SECOND: a later step, or a step-up. */
export type FactorRole = 'FIRST' | 'SECOND';

/** What is fixed about a factor. The schema is built from it, before there are any services. */
interface FactorTerms<Value> {
  readonly kind: FactorKind;
  /** Of the value of `FactorKind` in the schema. */
  readonly description: string;
  /** What messages call it. */
  readonly name: FactorName;
  /** The members of `ProofInput` that carry its proof. */
  readonly proofs: readonly ProofField<Value>[];
  readonly roles: readonly FactorRole[];
  /** The kind of identifier that it sends to, so it is offered only for such identifiers. Null: offered for all. */
  readonly reaches: IdentifierKind | null;
  /** What `startEnrollment` takes for it besides the label. `enrollment.choose` gets it. */
  readonly enrollmentInput?: FactorInput;
  /** How it is imported and exported. Absent: it stays behind, and reports name it. */
  readonly transfer?: FactorTransfer;
  /** What it stores under a key of SECRET_KEYS, so that no key is retired that it still needs. */
  readonly sealed?: readonly (Rewrappable | HeldByOwner)[];
}

/** What a factor does. */
interface FactorBehaviour<Value> {
  /** The choices of this user in this role. The client sees them only after the user has proved something. */
  options(account: Account, role: FactorRole): FactorChoice[];
  /** The seconds until this user can be sent a challenge again. Null, or absent: now. */
  wait?(em: EntityManager, account: Account, now: Date): Promise<number | null>;
  /**
   * Makes a new challenge. Its message is sent only after the step commits. Present for a factor that needs preparing.
   */
  prepare?(request: ChallengeRequest): PreparedChallenge;
  /**
   * Checks a proof that one of `proofs` has read. Throws a UserError when there is nothing to check yet, and another error
   * when the infrastructure fails or is too busy. When it throws, no attempt is counted.
   */
  verify(proof: Value, request: VerificationRequest): Promise<Verdict>;
  /** Present for a factor that users enroll by proving it. */
  readonly enrollment?: FactorEnrollment;
}

export interface Factor<Value = unknown> extends FactorTerms<Value>, FactorBehaviour<Value> {
  /** Whether the client must call `prepareFactor` before it can send a proof. */
  readonly needsPreparing: boolean;
}

/** A factor before it has the services that it needs. */
export interface FactorDefinition<Services, Value = unknown> extends FactorTerms<Value> {
  /** Whether this instance can offer it. Absent: always. */
  isOnOffer?(services: Services): boolean;
  create(services: Services): Factor<Value>;
}

/** Defines a factor. Its `create` makes the part that needs services. */
export function defineFactor<Value, Services>({
  isOnOffer,
  create,
  ...terms
}: FactorTerms<Value> & {
  readonly isOnOffer?: (services: Services) => boolean;
  readonly create: (services: Services) => FactorBehaviour<Value>;
}): FactorDefinition<Services, Value> {
  return {
    ...terms,
    ...(isOnOffer && { isOnOffer }),
    create(services) {
      const behaviour = create(services);
      return { ...terms, ...behaviour, needsPreparing: behaviour.prepare !== undefined };
    },
  };
}

export interface FactorChoice {
  readonly factor: FactorKind;
  readonly authenticatorId: string | null;
  /** A label or a masked address, by which only the owner recognises it. */
  readonly hint: string | null;
  readonly needsPreparing: boolean;
}

export interface ChallengeRequest {
  readonly workflowId: string;
  readonly challengeId: string;
  readonly account: Account | null;
  /** The phone number to use, when the user has several. */
  readonly authenticatorId: string | null;
  /** What the proof is for. */
  readonly purpose: Purpose;
  /** A description of the operation that the proof approves. Null when it approves none. */
  readonly approves: string | null;
  /** The keyed digest of that operation. Null when there is none. */
  readonly operationDigest: string | null;
  /** The client that asked for the challenge. */
  readonly client: Client;
  readonly now: Date;
}

export interface PreparedChallenge {
  /** The digest of the secret that the proof must contain, or belong to. */
  readonly digest: string;
  readonly expiresAt: Date;
  /**
   * A decoy, which is not sent, if the account does not exist or must not be sent a message. Null when nobody would be
   * sent one.
   */
  readonly message: Message | null;
  /** What the client needs to answer, as `Challenge.request`. Everybody who holds the workflow may know it. */
  readonly request?: FactorData;
  /** Counts the challenge against a limit of the factor. The step fails if a parallel one has reached it. */
  readonly spend?: Consume;
}

export interface StoredChallenge {
  readonly id: string;
  readonly factor: FactorKind;
  readonly codeDigest: string;
  readonly request: FactorData | null;
  readonly authenticatorId: string | null;
  /** ISO 8601. */
  readonly expiresAt: string;
  readonly approved: boolean;
  readonly consumed: boolean;
}

export interface VerificationRequest {
  readonly workflowId: string;
  /** Null for a decoy. The factor must do the same work for it, so that the time is the same. */
  readonly account: Account | null;
  /** The authenticators that may be proved: the confirmed ones, or only the one that is being enrolled. */
  readonly authenticators: readonly StoredAuthenticator[];
  /** The id of the authenticator that is being enrolled. Null outside an enrollment. */
  readonly enrolling: string | null;
  readonly challenge: StoredChallenge | null;
  readonly now: Date;
}

/** Adds a required write that uses the proof up, and fails when another request has used it first. */
export type Consume = (unitOfWork: UnitOfWork) => void;

export type Verdict = Accepted | Rejected;

export interface Accepted {
  readonly accepted: true;
  readonly consume: Consume | null;
  /** What it proved, if that differs from the categories of its kind. */
  readonly categories?: readonly Category[];
  /** A notice to send to the user. */
  readonly notice?: Notice;
}

export interface Rejected {
  readonly accepted: false;
  /** The proof is correct but already used, so the attempt was not a guess. */
  readonly isReplay?: boolean;
}

export const REJECTED: Rejected = { accepted: false };

/** How a factor stores the authenticators that its users enroll. */
export interface FactorEnrollment {
  /** Set for a factor whose enrollment needs no `prepareFactor`, because `material` is all that the user needs. */
  readonly isChallengedByMaterial?: true;
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
  material?(authenticator: UnprovedAuthenticator, shownAs: ShownAs): FactorData | Promise<FactorData>;
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

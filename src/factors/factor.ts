// The interface of a factor: what a user can prove with it, how a challenge is made, and how a proof is checked. To add
// one, add a folder that defines it, a line in the registry and a row in policy/factor-kind.ts: docs/adding-a-factor.md.
import type { X509Certificate } from 'node:crypto';
import type { Message } from '../delivery/message.ts';
import type { FactorName, Notice, Purpose } from '../delivery/messages/template.ts';
import type { EntityManager } from '../persistence/orm.ts';
import type { HeldByOwner, Rewrappable } from '../persistence/sealed-column.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { EvidenceSource } from '../policy/evidence.ts';
import type { Category, FactorKind } from '../policy/factor-kind.ts';
import type { Client } from '../sessions/grants.ts';
import type { Account, FactorData, StoredAuthenticator } from './account.ts';
import type { Alarm } from './alarm.ts';
import type { ApprovalFindings, Commitment } from './approval-record.ts';
import type { FactorEnrollment } from './factor-enrollment.ts';
import type { ExchangeRequest, GatherRequest, StoredChallenge } from './factor-exchange.ts';
import type { IdentifierKind } from './identifier.ts';
import type { FactorInput } from './input-field.ts';
import type { NewIdentity, ProvenIdentity } from './oauth/proven-identity.ts';
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
  /** Whether its proof can say who the user is, so that it can start a sign-in without an identifier. */
  readonly identifies?: true;
  /** The name of the product that an authenticator is, from its data. Null when it is not known. Absent: never known. */
  model?(data: FactorData): string | null;
  /** What `startEnrollment` takes for it besides the label. `enrollment.choose` gets it. */
  readonly enrollmentInput?: FactorInput;
  /** What `prepareFactor` takes for it besides. `gather` gets it. */
  readonly preparationInput?: FactorInput;
  /** How it is imported and exported. Absent: it stays behind, and reports name it. */
  readonly transfer?: FactorTransfer;
  /**
   * Verifies what was signed in an approval, from its record alone. Present for a factor that signs what it approves.
   */
  readonly verifyApproval?: (approval: FactorData, commitment: Commitment) => Promise<ApprovalFindings>;
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
   * Its choices for somebody of whom nothing is known, if there are several. The same for everybody in the tenant.
   * @param providerId the only one that is wanted. Null: those that everybody is offered.
   */
  choices?(tenantId: string, providerId: string | null): FactorChoice[];
  /** Gets what `prepare` needs and must be waited for. @throws {UserError} */
  gather?(request: GatherRequest): Promise<object>;
  /**
   * Makes a new challenge. Its message is sent only after the step commits. Present for a factor that needs preparing.
   */
  prepare?(request: ChallengeRequest): PreparedChallenge;
  /**
   * For a factor whose proof stands for something that is fetched elsewhere: fetches it, once for each attempt, for decoys
   * as well. `identify` and `verify` get it in place of the proof. Throws as `verify` does.
   */
  exchange?(proof: Value, request: ExchangeRequest): Promise<Value>;
  /**
   * Checks a proof that one of `proofs` has read. Throws a UserError when there is nothing to check yet, and another error
   * when the infrastructure fails or is too busy. When it throws, no attempt is counted.
   */
  verify(proof: Value, request: VerificationRequest): Promise<Verdict>;
  /**
   * For a factor whose proof says who the user is: the digest by which its authenticator is found in the tenant, as in
   * `authenticator.identity_digest`. Null when the proof does not say it. Nothing is proved by it.
   */
  identityDigest?(proof: Value): string | null;
  /** The same, for a factor whose users are found by their identity at a provider. */
  identityAtProvider?(proof: Value): ProvenIdentity | null;
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
  /** The provider at which it is proved. Absent: at none. */
  readonly providerId?: string;
}

export interface ChallengeRequest {
  readonly workflowId: string;
  readonly challengeId: string;
  readonly account: Account | null;
  /** The phone number to use, when the user has several. */
  readonly authenticatorId: string | null;
  /** Whether nothing has been proved yet. The challenge must then not depend on what the account has. */
  readonly isFirst: boolean;
  /** What the proof is for. */
  readonly purpose: Purpose;
  /** A description of the operation that the proof approves. Null when it approves none. */
  readonly approves: string | null;
  /** The digest of that operation, as `operationDigest` computes it. Null when what is approved is not recorded. */
  readonly operationDigest: string | null;
  /** The client that asked for the challenge. */
  readonly client: Client;
  /** What `gather` has returned. Null for a factor without it. */
  readonly gathered: object | null;
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
  /** What only the reply shows beside `request`. It is not stored. */
  readonly revealed?: FactorData;
  /** What the factor keeps to itself, sealed for the challenge. */
  readonly secret?: string;
  /** Counts the challenge against a limit of the factor. The step fails if a parallel one has reached it. */
  readonly spend?: Consume;
}

/** The client certificate of the connection on which a request came. */
export interface PresentedCertificate {
  readonly certificate: X509Certificate;
  /** Whether the TLS library, here or at the proxy, has accepted it. */
  readonly isTrusted: boolean;
}

export interface VerificationRequest {
  readonly workflowId: string;
  /** Null for a decoy. The factor must do the same work for it, so that the time is the same. */
  readonly account: Account | null;
  /** The authenticators that may be proved: the confirmed ones, or only the one that is being enrolled. */
  readonly authenticators: readonly StoredAuthenticator[];
  /** The id of the authenticator that is being enrolled. Null outside an enrollment. */
  readonly enrolling: string | null;
  /** Whether the workflow began without an identifier, so that only the proof says who the user is. */
  readonly identifies: boolean;
  /** The categories that other factors have proved in this workflow, or in its session. */
  readonly provedBefore: readonly Category[];
  readonly challenge: StoredChallenge | null;
  /** Null when the connection has no client certificate. */
  presentedCertificate(): PresentedCertificate | null;
  readonly now: Date;
}

/** Adds a required write that uses the proof up, and fails when another request has used it first. */
export type Consume = (unitOfWork: UnitOfWork) => void;

export type Verdict = Accepted | Rejected;

export interface Accepted {
  readonly accepted: true;
  readonly consume: Consume | null;
  /** When what was proved was enrolled, in ISO 8601. Null: unknown, so it counts as enrolled just now. */
  readonly enrolledAt: string | null;
  /** What it proved, if that differs from the categories of its kind. */
  readonly categories?: readonly Category[];
  /** When it was proved, if not just now, in seconds since 1970. */
  readonly completedAt?: number;
  /** How it was proved, if that differs from the `amr` of its kind. */
  readonly amr?: readonly string[];
  /** A notice to send to the user. */
  readonly notice?: Notice;
  /** The identity at a provider that was proved, and the session there. */
  readonly source?: EvidenceSource;
  /** An identity that becomes the user’s when the workflow allows it. */
  readonly links?: NewIdentity;
  /** For a proof that signs what it approves: what shows it later. It is kept sealed with the audit event. */
  readonly approval?: FactorData;
}

export interface Rejected {
  readonly accepted: false;
  /** The proof is correct but already used, so the attempt was not a guess. */
  readonly isReplay?: boolean;
  /** The proof shows that the authenticator may have been copied. It is recorded, and the user is told. */
  readonly alarm?: Alarm;
}

export const REJECTED: Rejected = { accepted: false };

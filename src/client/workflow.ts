// A workflow as the application sees it: the available factors, and the steps to prove one.
import type { ApprovalChannel } from './approval.ts';
import type { FieldAnswer, GraphQLRequest } from './endpoint.ts';
import type { PasskeyOptions } from './passkey-options.ts';
import type { FactorKind } from './refusal.ts';
import type { SessionGrant } from './session-grant.ts';

/** A factor that the user can prove now. */
export interface FactorOption {
  readonly factor: FactorKind;
  /** Identifies the instance, for a factor of which the user may have several. Pass it to `prepare`. */
  readonly authenticatorId: string | null;
  /** The identity provider, for `OAUTH`. Pass it to `prepare`. Null for other factors. */
  readonly providerId: string | null;
  /** A masked form, such as the last digits of a phone number, so that the owner recognizes it. */
  readonly hint: string | null;
  /** Whether to call `prepare` first, which sends a code or a link. */
  readonly needsPreparing: boolean;
}

/** A code or link that was sent, or a request to the user's device. Times are ISO 8601. */
export interface Challenge {
  readonly factor: FactorKind;
  readonly hint: string | null;
  readonly sentAt: string;
  readonly expiresAt: string;
  /** When the link was approved. Null for a code, or before the approval. */
  readonly approvedAt: string | null;
  /** What is needed to answer it: for `PASSKEY`, the options of `navigator.credentials.get()`. Null for codes and links. */
  readonly request: unknown;
}

/** A proof of one factor, with exactly one member, like `ProofInput` in the schema. */
export type Proof =
  | { readonly password: string }
  | { readonly emailCode: string }
  | { readonly phoneCode: string }
  | { readonly linkToken: string }
  | { readonly linkApproved: true }
  | { readonly deviceApproval: true }
  | { readonly certificate: true }
  | { readonly totp: string }
  | { readonly backupCode: string }
  | { readonly passkey: unknown }
  | { readonly oauth: unknown };

/** Which identity provider to ask, and where its answer goes. */
export interface AtProvider {
  /** The `providerId` of one of the workflow’s `factors`. */
  readonly providerId: string;
  /** The page that gets the answer after the `#`: one of the configured return URLs. By default the first one. */
  readonly returnTo?: string;
  /** For a client without session cookies: its own redirect URI. */
  readonly redirectUri?: string;
  /** With `redirectUri`: the SHA-256 of a secret, which `attempt` takes. */
  readonly bindingDigest?: string;
}

/** The types of workflows that this client runs, as in the schema. */
export type WorkflowType = 'SignUp' | 'SignIn' | 'Enrollment' | 'StepUp';

/** The status of a workflow, as in the schema. */
export type WorkflowStatus =
  | 'NEEDS_FIRST_FACTOR'
  | 'NEEDS_SECOND_FACTOR'
  | 'NEEDS_PROOF'
  | 'NEEDS_APPROVAL'
  | 'NEEDS_ENROLLMENT'
  | 'COMPLETE'
  | 'FAILED'
  | 'EXPIRED';

/** The state of a workflow. */
export interface WorkflowState<Status extends WorkflowStatus = WorkflowStatus> {
  readonly status: Status;
  /** The factors to choose from. Empty when the workflow is over. */
  readonly factors: readonly FactorOption[];
  /** The outstanding challenge, if any. */
  readonly challenge: Challenge | null;
  /** When the workflow expires, in ISO 8601. */
  readonly expiresAt: string;
}

/** A running workflow. Its properties change with each step; the objects they return do not. */
export interface Workflow<Status extends WorkflowStatus = WorkflowStatus> extends WorkflowState<Status> {
  readonly type: WorkflowType;
  /** Whoever has it can go on with the workflow. See `resume` of the client. */
  readonly id: string;
  /**
   * Sends the code or link of a factor with `needsPreparing`.
   *
   * @param factor the factor to prepare.
   * @param authenticatorId the instance of the factor, from `factors`.
   * @param atProvider for `OAUTH`. `request.url` of the `challenge` is where to send the user.
   * @throws {StepUpError} if it is refused, for example with `TOO_MANY_MESSAGES` or `LOCKED_OUT`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  prepare(factor: FactorKind, authenticatorId?: string | null, atProvider?: AtProvider): Promise<this>;
  /**
   * Checks a proof. Repeat until the status is `COMPLETE`: the user may have to prove two factors.
   *
   * @throws {StepUpError} if the proof is wrong, with `attemptsRemaining`, or if the attempt is refused.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  attempt(proof: Proof): Promise<this>;
  /**
   * Asks the browser for a passkey and checks its proof. While an enrollment needs a new passkey, creates one.
   *
   * @throws {StepUpError} like `prepare` and `attempt`, and with `PASSKEY_CANCELLED`, `PASSKEY_EXISTS`,
   * `PASSKEY_UNSUPPORTED` or `PASSKEY_FAILED` if there was no proof.
   */
  passkey(options?: PasskeyOptions): Promise<this>;
  /**
   * Waits until the user has approved the link or the request on their device, or there is nothing left to approve: the
   * workflow has ended, or `challenge` is null, so call `prepare` again. With the token of an agent, waits until the user
   * has answered: the status is `COMPLETE` then, or `FAILED`, or `EXPIRED`. After an approval, call
   * `attempt({ linkApproved: true })` or `attempt({ deviceApproval: true })`.
   *
   * @throws {StepUpError} if the workflow was cancelled.
   */
  waitForApproval(): Promise<this>;
  /** Cancels the workflow. */
  cancel(): void;
}

/** How a workflow communicates with Stepgate. */
export interface WorkflowChannel extends ApprovalChannel {
  ask<Result>(request: GraphQLRequest): Promise<FieldAnswer<Result>>;
  /** Like `ask`, but serialized, because the response may contain new tokens, which are stored. */
  askForTokens<Result extends WithGrant>(request: GraphQLRequest): Promise<FieldAnswer<Result>>;
}

/** A result that may contain new tokens. */
export interface WithGrant {
  readonly session?: SessionGrant | null;
}

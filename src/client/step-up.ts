// A step-up as the application's prompt sees it: the available factors, and the steps to prove one.
import { type ApprovalChannel, untilApproved } from './approval.ts';
import type { FieldAnswer, GraphQLRequest } from './endpoint.ts';
import { StepUpError } from './errors.ts';
import type { Operation } from './operation.ts';
import type { FactorKind, Requirement } from './refusal.ts';
import { GRANT, type SessionGrant } from './session-grant.ts';

/** A factor that the user can prove now. */
export interface FactorOption {
  readonly factor: FactorKind;
  /** Identifies the instance, for a factor of which the user may have several. Pass it to `prepare`. */
  readonly authenticatorId: string | null;
  /** A masked form, such as the last digits of a phone number, so that the owner recognizes it. */
  readonly hint: string | null;
  /** Whether to call `prepare` first, which sends a code or a link. */
  readonly needsPreparing: boolean;
}

/** A code or link that was sent. Times are ISO 8601. */
export interface Challenge {
  readonly factor: FactorKind;
  readonly hint: string | null;
  readonly sentAt: string;
  readonly expiresAt: string;
  /** When the link was approved. Null for a code, or before the approval. */
  readonly approvedAt: string | null;
}

/** A proof of one factor, with exactly one member, like `ProofInput` in the schema. */
export type Proof =
  | { readonly password: string }
  | { readonly emailCode: string }
  | { readonly phoneCode: string }
  | { readonly linkToken: string }
  | { readonly linkApproved: true }
  | { readonly totp: string }
  | { readonly backupCode: string }
  | { readonly passkey: unknown }
  | { readonly oauth: unknown };

/** The status of a step-up. */
export type StepUpStatus = 'NEEDS_PROOF' | 'COMPLETE' | 'FAILED' | 'EXPIRED';

/** The state of a step-up. */
export interface StepUpState {
  readonly status: StepUpStatus;
  /** The factors to choose from. Empty when the step-up is over. */
  readonly factors: readonly FactorOption[];
  /** The outstanding code or link, if any. */
  readonly challenge: Challenge | null;
  /** When the step-up expires, in ISO 8601. */
  readonly expiresAt: string;
  /** For a proof bound to one operation, a description of the operation. Show it to the user. Null otherwise. */
  readonly approves: string | null;
}

/** How a step-up communicates with Stepgate. */
export interface StepUpChannel extends ApprovalChannel {
  ask<Result>(request: GraphQLRequest): Promise<FieldAnswer<Result>>;
  /** Like `ask`, but serialized, because the response may contain new tokens, which are stored. */
  askForTokens<Result extends WithGrant>(request: GraphQLRequest): Promise<FieldAnswer<Result>>;
}

/** A result that may contain new tokens. */
export interface WithGrant {
  readonly session?: SessionGrant | null;
}

interface Step extends Partial<StepUpState>, WithGrant {
  readonly id?: string;
  readonly code?: string;
  readonly message?: string;
  readonly attemptsRemaining?: number;
  readonly retryAfterSeconds?: number | null;
}

const STEP = `
  ... on StepUp {
    id status expiresAt
    factors { factor authenticatorId hint needsPreparing }
    challenge { factor hint sentAt expiresAt approvedAt }
    session { ${GRANT} }
  }
  ... on UserError { code message }`;
const START = `mutation ($input: StartStepUpInput!) { startStepUp(input: $input) {${STEP} } }`;
const START_BOUND = START.replace('... on StepUp {', '$& approves');
const PREPARE = `mutation ($input: PrepareFactorInput!) {
  prepareFactor(input: $input) {${STEP}
    ... on LockedOut { retryAfterSeconds }
    ... on TooManyMessages { retryAfterSeconds }
  }
}`;
const ATTEMPT = `mutation ($input: AttemptFactorInput!) {
  attemptFactor(input: $input) {${STEP}
    ... on LockedOut { retryAfterSeconds }
    ... on Overloaded { retryAfterSeconds }
    ... on ProofRejected { attemptsRemaining }
  }
}`;

/** The workflow status implied by these errors. */
const ENDS: Readonly<Record<string, StepUpStatus>> = {
  WORKFLOW_EXPIRED: 'EXPIRED',
  WORKFLOW_ENDED: 'FAILED',
  WORKFLOW_NOT_FOUND: 'FAILED',
};

/** A running step-up. Its properties change with each step; the objects they return do not. */
export interface StepUpWorkflow extends StepUpState {
  /**
   * Sends the code or link of a factor with `needsPreparing`.
   *
   * @param factor the factor to prepare.
   * @param authenticatorId the instance of the factor, from `factors`.
   * @throws {StepUpError} if it is refused, for example with `TOO_MANY_MESSAGES` or `LOCKED_OUT`.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  prepare(factor: FactorKind, authenticatorId?: string | null): Promise<StepUpWorkflow>;
  /**
   * Checks a proof. Repeat until the status is `COMPLETE`: a session that started with only a phone must prove two
   * factors.
   *
   * @throws {StepUpError} if the proof is wrong, with `attemptsRemaining`, or if the attempt is refused.
   * @throws {UnexpectedAnswer}, or the error of `fetch`, if the request fails.
   */
  attempt(proof: Proof): Promise<StepUpWorkflow>;
  /**
   * Waits until the user has approved the link, on any device, or the step-up has ended. After an approval, call
   * `attempt({ linkApproved: true })`. @throws {StepUpError} if the step-up was cancelled.
   */
  waitForApproval(): Promise<StepUpWorkflow>;
  /** Cancels the step-up. The callers get the refusals. */
  cancel(): void;
}

export class RunningStepUp implements StepUpWorkflow {
  readonly #channel: StepUpChannel;
  readonly #id: string;
  #state: StepUpState;
  readonly #cancelling = new AbortController();
  /** Resolves when the step-up is cancelled. */
  readonly cancelled = new Promise<void>((resolve) => {
    this.#cancelling.signal.addEventListener('abort', () => resolve());
  });

  private constructor(channel: StepUpChannel, step: Step) {
    this.#channel = channel;
    this.#id = step.id ?? '';
    this.#state = { ...stateOf(step), approves: step.approves ?? null };
  }

  /** @param operation the operation to which the proof is bound, or null. @throws {StepUpError} */
  static async start(
    channel: StepUpChannel,
    { bind: _bind, ...required }: Requirement,
    operation: Operation | null,
  ): Promise<RunningStepUp> {
    const bound = operation && {
      query: operation.query,
      operationName: operation.operationName,
      variables: operation.variables,
    };
    const input = { ...required, ...(bound && { operation: bound }) };
    const answer = await channel.askForTokens<Step>({
      query: bound ? START_BOUND : START,
      variables: { input },
    });
    return new RunningStepUp(channel, accepted(stepOf(answer)));
  }

  get status(): StepUpStatus {
    return this.#state.status;
  }

  get factors(): readonly FactorOption[] {
    return this.#state.factors;
  }

  get challenge(): Challenge | null {
    return this.#state.challenge;
  }

  get expiresAt(): string {
    return this.#state.expiresAt;
  }

  get approves(): string | null {
    return this.#state.approves;
  }

  prepare(factor: FactorKind, authenticatorId?: string | null): Promise<this> {
    const input = { workflowId: this.#id, factor, authenticatorId };
    return this.#step(() => this.#channel.ask<Step>({ query: PREPARE, variables: { input } }));
  }

  attempt(proof: Proof): Promise<this> {
    const input = { workflowId: this.#id, proof };
    return this.#step(() => this.#channel.askForTokens<Step>({ query: ATTEMPT, variables: { input } }));
  }

  async waitForApproval(): Promise<this> {
    const { signal } = this.#cancelling;
    const { status, approvedAt } = await untilApproved(this.#channel, this.#id, signal).catch(
      (error: unknown) => {
        throw signal.aborted ? cancelled() : error;
      },
    );
    const { challenge } = this.#state;
    this.#state = approvedAt
      ? { ...this.#state, challenge: challenge && { ...challenge, approvedAt } }
      : { ...this.#state, status: status as StepUpStatus, factors: [], challenge: null };
    return this;
  }

  cancel(): void {
    this.#cancelling.abort();
  }

  async #step(ask: () => Promise<FieldAnswer<Step>>): Promise<this> {
    if (this.#cancelling.signal.aborted) throw cancelled();
    const step = stepOf(await ask());
    const end = step.attemptsRemaining === 0 ? 'FAILED' : ENDS[step.code ?? ''];
    if (end !== undefined) this.#state = { ...this.#state, status: end, factors: [], challenge: null };
    this.#state = { ...this.#state, ...stateOf(accepted(step)) };
    return this;
  }
}

/** A refused step, for example because the session has ended, becomes a failure with a code. */
function stepOf({ data, errors = [] }: FieldAnswer<Step>): Step {
  const [step] = Object.values(data ?? {});
  const code = errors[0]?.extensions?.['code'];
  return step ?? { code: typeof code === 'string' ? code : 'UNAVAILABLE', message: errors[0]?.message ?? '' };
}

function accepted(step: Step): Step {
  const { code, message = '' } = step;
  if (code !== undefined) throw new StepUpError({ ...step, code, message });
  return step;
}

function cancelled(): StepUpError {
  return new StepUpError({ code: 'CANCELLED', message: 'The step-up was cancelled.' });
}

/** Excludes the tokens. */
function stateOf({ status = 'FAILED', factors = [], challenge = null, expiresAt = '' }: Step) {
  return { status, factors, challenge, expiresAt };
}

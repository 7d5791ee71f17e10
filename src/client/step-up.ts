// A step-up as the application's prompt sees it: what may be proved, and the two steps that prove it.
import type { FieldAnswer, GraphQLRequest } from './endpoint.ts';
import { StepUpError } from './errors.ts';
import type { Operation } from './operation.ts';
import type { FactorKind, Requirement } from './refusal.ts';
import { GRANT, type SessionGrant } from './session-grant.ts';

/** A factor that may be proved now. */
export interface FactorOption {
  readonly factor: FactorKind;
  readonly authenticatorId: string | null;
  /** Enough for its owner to recognise it. */
  readonly hint: string | null;
  /** Whether `prepare` sends something that must arrive before it can be proved. */
  readonly needsPreparing: boolean;
}

/** A code or a link that was sent. */
export interface Challenge {
  readonly factor: FactorKind;
  readonly hint: string | null;
  readonly sentAt: string;
  readonly expiresAt: string;
  /** Of a link: when it was approved. */
  readonly approvedAt: string | null;
}

/** A proof of one factor: exactly one member, as `ProofInput` of the schema. */
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

export type StepUpStatus = 'NEEDS_PROOF' | 'COMPLETE' | 'FAILED' | 'EXPIRED';

/** Where a step-up stands. */
export interface StepUpState {
  readonly status: StepUpStatus;
  readonly factors: readonly FactorOption[];
  /** The one that is outstanding. */
  readonly challenge: Challenge | null;
  readonly expiresAt: string;
  /** Of a proof that is bound to one operation: what it does, in words for the user, who is to see them. */
  readonly approves: string | null;
}

/** The session's ways to Stepgate that a step-up takes. */
export interface StepUpChannel {
  ask<Result>(request: GraphQLRequest): Promise<FieldAnswer<Result>>;
  /** The same in turn, since the answer may hold new tokens, which are kept. */
  askForTokens<Result extends WithGrant>(request: GraphQLRequest): Promise<FieldAnswer<Result>>;
}

/** What may have given the session new tokens. */
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

/** What these errors say of the workflow itself. */
const ENDS: Readonly<Record<string, StepUpStatus>> = {
  WORKFLOW_EXPIRED: 'EXPIRED',
  WORKFLOW_ENDED: 'FAILED',
  WORKFLOW_NOT_FOUND: 'FAILED',
};

/** One run of a step-up. It changes with each step; what it gives out does not. */
export interface StepUpWorkflow extends StepUpState {
  /**
   * Sends the code or the link of a factor that needs one.
   *
   * @param authenticatorId which of several, as `factors` names it.
   * @throws {StepUpError}
   */
  prepare(factor: FactorKind, authenticatorId?: string | null): Promise<StepUpWorkflow>;
  /**
   * Checks a proof. Go on until the status is `COMPLETE`: a session that began with a phone alone proves two factors.
   *
   * @throws {StepUpError} for one that is wrong, with how many more may be tried.
   */
  attempt(proof: Proof): Promise<StepUpWorkflow>;
  /** Gives up: whoever was refused gets the refusal. */
  cancel(): void;
}

export class RunningStepUp implements StepUpWorkflow {
  readonly #channel: StepUpChannel;
  readonly #id: string;
  #state: StepUpState;
  #isCancelled = false;
  #tellCancelled: () => void = () => {};
  /** Settles when nobody waits for the prompt any more. */
  readonly cancelled: Promise<void> = new Promise((resolve) => {
    this.#tellCancelled = resolve;
  });

  private constructor(channel: StepUpChannel, step: Step) {
    this.#channel = channel;
    this.#id = step.id ?? '';
    this.#state = { ...stateOf(step), approves: step.approves ?? null };
  }

  /** @param operation to which the proof is bound. @throws {StepUpError} */
  static async start(
    channel: StepUpChannel,
    { accept, maxAge, require }: Requirement,
    operation: Operation | null,
  ): Promise<RunningStepUp> {
    const bound = operation && {
      query: operation.query,
      operationName: operation.operationName,
      variables: operation.variables,
    };
    const input = { accept, maxAge, require, ...(bound && { operation: bound }) };
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

  cancel(): void {
    this.#isCancelled = true;
    this.#tellCancelled();
  }

  async #step(ask: () => Promise<FieldAnswer<Step>>): Promise<this> {
    if (this.#isCancelled) throw new StepUpError({ code: 'CANCELLED', message: 'This was cancelled.' });
    const step = stepOf(await ask());
    const end = step.attemptsRemaining === 0 ? 'FAILED' : ENDS[step.code ?? ''];
    if (end !== undefined) this.#state = { ...this.#state, status: end, factors: [], challenge: null };
    this.#state = { ...this.#state, ...stateOf(accepted(step)) };
    return this;
  }
}

/** A step that is refused, because the session has ended for example, is a failure with a code like any other. */
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

/** Nothing of the tokens. */
function stateOf({ status = 'FAILED', factors = [], challenge = null, expiresAt = '' }: Step) {
  return { status, factors, challenge, expiresAt };
}

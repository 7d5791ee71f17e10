// Takes the steps of a workflow, and keeps its state without the tokens.
import { untilApproved } from './approval.ts';
import type { FieldAnswer } from './endpoint.ts';
import { StepUpError } from './errors.ts';
import type { PasskeyOptions } from './passkey-options.ts';
import type { FactorKind } from './refusal.ts';
import { GRANT } from './session-grant.ts';
import type {
  AtProvider,
  Challenge,
  FactorOption,
  Proof,
  WithGrant,
  Workflow,
  WorkflowChannel,
  WorkflowState,
  WorkflowStatus,
  WorkflowType,
} from './workflow.ts';

interface Step extends Partial<WorkflowState>, WithGrant {
  readonly id?: string;
  readonly approves?: string | null;
  readonly material?: unknown;
  readonly backupCodes?: readonly string[] | null;
  readonly code?: string;
  readonly message?: string;
  readonly attemptsRemaining?: number;
  readonly retryAfterSeconds?: number | null;
}

const stepFields = (type: WorkflowType): string => `
  ... on ${type} {
    id status expiresAt
    factors { factor authenticatorId providerId hint needsPreparing }
    challenge { factor hint sentAt expiresAt approvedAt request }
    session { ${GRANT} } ${type === 'StepUp' ? '' : 'material backupCodes'}
  }`;
const ERROR = `
  ... on UserError { code message }`;
const PROBLEMS = `${ERROR}
    ... on LockedOut { retryAfterSeconds }`;

/** The workflow status implied by these errors. */
const ENDS: Readonly<Record<string, WorkflowStatus>> = {
  WORKFLOW_EXPIRED: 'EXPIRED',
  WORKFLOW_ENDED: 'FAILED',
  WORKFLOW_NOT_FOUND: 'FAILED',
};

export class RunningWorkflow<Status extends WorkflowStatus> implements Workflow<Status> {
  readonly #channel: WorkflowChannel;
  readonly type: WorkflowType;
  readonly id: string;
  #state: WorkflowState;
  /** For a proof bound to one operation, a description of the operation. */
  readonly approves: string | null;
  #material: unknown = null;
  #backupCodes: readonly string[] | null = null;
  readonly #cancelling = new AbortController();
  /** Resolves when the workflow is cancelled. */
  readonly cancelled = new Promise<void>((resolve) => {
    this.#cancelling.signal.addEventListener('abort', () => resolve());
  });

  private constructor(channel: WorkflowChannel, type: WorkflowType, first: Step) {
    this.#channel = channel;
    this.type = type;
    this.id = first.id ?? '';
    this.approves = first.approves ?? null;
    this.#state = this.#read(first);
  }

  /** @param startFields fields to select in the first step only. @throws {StepUpError} */
  static async start<Status extends WorkflowStatus>(
    channel: WorkflowChannel,
    type: WorkflowType,
    input: object,
    startFields = '',
  ): Promise<RunningWorkflow<Status>> {
    const first = stepFields(type).replace('{', `{ ${startFields}`) + ERROR;
    const query = `mutation ($input: Start${type}Input!) { start${type}(input: $input) {${first} } }`;
    const answer = await channel.askForTokens<Step>({ query, variables: { input } });
    return new RunningWorkflow(channel, type, accepted(stepOf(answer)));
  }

  /** Continues a workflow that was started elsewhere. @throws {StepUpError} */
  static async resume<Status extends WorkflowStatus>(
    channel: WorkflowChannel,
    type: WorkflowType,
    id: string,
  ): Promise<RunningWorkflow<Status>> {
    const query = `query ($id: ID!) { workflow(id: $id) {${stepFields(type)} } }`;
    const answer: FieldAnswer<Step> = await channel.query({ query, variables: { id } });
    const step = stepOf(answer);
    if (step.id === undefined && answer.errors === undefined)
      throw new StepUpError({
        code: 'WORKFLOW_NOT_FOUND',
        message: 'This has ended, or belongs to another session. Start again.',
      });
    return new RunningWorkflow(channel, type, accepted(step));
  }

  get status(): Status {
    return this.#state.status as Status;
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

  get material(): unknown {
    return this.#material;
  }

  get backupCodes(): readonly string[] | null {
    return this.#backupCodes;
  }

  prepare(factor: FactorKind, authenticatorId?: string | null, atProvider?: AtProvider): Promise<this> {
    const input = { workflowId: this.id, factor, authenticatorId, ...atProvider };
    const query = `mutation ($input: PrepareFactorInput!) {
  prepareFactor(input: $input) {${stepFields(this.type)}${PROBLEMS}
    ... on TooManyMessages { retryAfterSeconds }
  }
}`;
    return this.#take(() => this.#channel.ask<Step>({ query, variables: { input } }));
  }

  attempt(proof: Proof): Promise<this> {
    const input = { workflowId: this.id, proof };
    const query = `mutation ($input: AttemptFactorInput!) {
  attemptFactor(input: $input) {${stepFields(this.type)}${PROBLEMS}
    ... on Overloaded { retryAfterSeconds }
    ... on ProofRejected { attemptsRemaining }
  }
}`;
    return this.#take(() => this.#channel.askForTokens<Step>({ query, variables: { input } }));
  }

  async passkey(options: PasskeyOptions = {}): Promise<this> {
    const { createPasskey, usePasskey } = await import('./passkey.ts');
    if (this.status === 'NEEDS_ENROLLMENT')
      return createPasskey(this.#material, options, (passkey) => this.attempt({ passkey }));
    let passkey: unknown = null;
    while (passkey === null) {
      await this.prepare('PASSKEY', options.authenticatorId);
      passkey = await usePasskey(this.challenge?.request, options, lifetimeOf(this.challenge));
    }
    return this.attempt({ passkey });
  }

  async waitForApproval(): Promise<this> {
    const { signal } = this.#cancelling;
    const { status, approvedAt } = await untilApproved(this.#channel, this.id, signal).catch(
      (error: unknown) => {
        throw signal.aborted ? cancelled() : error;
      },
    );
    const { challenge, factors } = this.#state;
    const isOver = !status.startsWith('NEEDS_');
    this.#state = approvedAt
      ? { ...this.#state, challenge: challenge && { ...challenge, approvedAt } }
      : {
          ...this.#state,
          status: status as WorkflowStatus,
          factors: isOver ? [] : factors,
          challenge: null,
        };
    return this;
  }

  cancel(): void {
    this.#cancelling.abort();
  }

  async #take(ask: () => Promise<FieldAnswer<Step>>): Promise<this> {
    if (this.#cancelling.signal.aborted) throw cancelled();
    const step = stepOf(await ask());
    const end = step.attemptsRemaining === 0 ? 'FAILED' : ENDS[step.code ?? ''];
    if (end !== undefined) this.#state = { ...this.#state, status: end, factors: [], challenge: null };
    this.#state = this.#read(accepted(step));
    return this;
  }

  /** The state without the tokens. */
  #read({ status = 'FAILED', factors = [], challenge = null, expiresAt = '', ...step }: Step): WorkflowState {
    this.#material = step.material ?? null;
    this.#backupCodes = step.backupCodes ?? null;
    return { status, factors, challenge, expiresAt };
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

/** A challenge that was prepared a moment ago is given again for so long. */
const REPEATED_MILLISECONDS = 30_000;

/** How long a challenge can be answered for certain. Both times are the server's, whose clock may differ. */
function lifetimeOf(challenge: Challenge | null): number {
  if (challenge === null) return 0;
  return Date.parse(challenge.expiresAt) - Date.parse(challenge.sentAt) - REPEATED_MILLISECONDS - 5000;
}

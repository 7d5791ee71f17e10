// Prompts the user once for all operations that are refused at the same time, with the strictest of their requirements.
// One prompt is open at a time. A refusal that no single proof could satisfy together with the others waits for the
// next prompt.
import { StepUpError } from './errors.ts';
import type { Operation } from './operation.ts';
import { covers, type Demand, type Requirement, strictestOf } from './refusal.ts';
import { type StepUpWorkflow, startStepUp } from './step-up.ts';
import type { WorkflowChannel } from './workflow.ts';

/** The argument of {@link OnStepUp}. */
export interface StepUpPrompt {
  /** What the refused fields require, to explain the prompt to the user. */
  readonly requirement: Requirement;
  /** A started step-up. Let the user prove one of its `factors`. */
  readonly workflow: StepUpWorkflow;
}

/**
 * Asks the user for a proof. If `workflow.status` is `COMPLETE` when the returned promise resolves, the refused
 * operations are sent again. Otherwise, and after `workflow.cancel()`, their callers get the refusals. A thrown
 * `StepUpError` counts as no proof; any other error is passed on to the callers.
 */
export type OnStepUp = (prompt: StepUpPrompt) => unknown;

/** The argument of {@link OnEnrollmentRequired}. */
export interface EnrollmentPrompt {
  /** What the refused fields require. The user must enroll one of the factors in `accept`. */
  readonly requirement: Requirement;
}

/**
 * Lets the user add a factor. Resolve with `true` after a factor was added, and the refused operations are sent again.
 * With any other value, their callers get the refusals. Errors are passed on to the callers.
 */
export type OnEnrollmentRequired = (prompt: EnrollmentPrompt) => unknown;

/** The prompts of an application. Without a prompt, the refusal is returned to the caller. */
export interface PromptHandlers {
  onStepUp?: OnStepUp | undefined;
  onEnrollmentRequired?: OnEnrollmentRequired | undefined;
}

/** How long to collect refusals before prompting. The operations of a page are refused at about the same time. */
const GATHERING_MILLISECONDS = 50;

interface Round {
  readonly remedy: Demand['remedy'];
  requirement: Requirement;
  /** The operation to which the proof is bound. Such a round is never shared. */
  readonly bound: Operation | null;
  /** Whether the user is being prompted. After that, operations that require more cannot join. */
  hasBegun: boolean;
  readonly outcome: Promise<boolean>;
}

export class Prompts {
  readonly #channel: WorkflowChannel;
  /** The unfinished rounds, oldest first. */
  readonly #rounds = new Set<Round>();
  #last: Promise<unknown> = Promise.resolve();
  readonly handlers: PromptHandlers;

  constructor(channel: WorkflowChannel, { onStepUp, onEnrollmentRequired }: PromptHandlers) {
    this.#channel = channel;
    this.handlers = { onStepUp, onEnrollmentRequired };
  }

  /** @returns whether the user has met the demand. @throws the errors of the application's prompt. */
  async ask(demand: Demand, operation: Operation): Promise<boolean> {
    const { onStepUp, onEnrollmentRequired } = this.handlers;
    if ((demand.remedy === 'STEP_UP' ? onStepUp : onEnrollmentRequired) === undefined) return false;
    const isBound = demand.remedy === 'STEP_UP' && demand.requirement.bind === 'OPERATION';
    return (isBound ? undefined : this.#joined(demand)) ?? this.#begin(demand, isBound ? operation : null);
  }

  #joined({ remedy, requirement }: Demand): Promise<boolean> | undefined {
    for (const round of this.#rounds) {
      const both = strictestOf(round.requirement, requirement);
      if (round.remedy !== remedy || round.bound !== null || both === null) continue;
      if (round.hasBegun && !covers(round.requirement, requirement)) continue;
      if (!round.hasBegun) round.requirement = both;
      return round.outcome;
    }
    return undefined;
  }

  #begin({ remedy, requirement }: Demand, bound: Operation | null): Promise<boolean> {
    const gathered = new Promise((resolve) => setTimeout(resolve, GATHERING_MILLISECONDS));
    const outcome = Promise.all([this.#last, gathered])
      .then(() => {
        round.hasBegun = true;
        return remedy === 'STEP_UP' ? this.#isProved(round) : this.#isEnrolled(round);
      })
      .finally(() => this.#rounds.delete(round));
    const round: Round = { remedy, requirement, bound, hasBegun: false, outcome };
    this.#rounds.add(round);
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  async #isEnrolled({ requirement }: Round): Promise<boolean> {
    return (await this.handlers.onEnrollmentRequired?.({ requirement })) === true;
  }

  async #isProved({ requirement, bound }: Round): Promise<boolean> {
    // If the step-up cannot start for any reason, the caller gets the refusal.
    const workflow = await startStepUp(this.#channel, requirement, bound).catch(() => null);
    if (workflow === null) return false;
    // It is already complete if another tab or the previous prompt has proved the factor in the meantime.
    if (workflow.status !== 'COMPLETE')
      await Promise.race([this.#answered({ requirement, workflow }), workflow.cancelled]);
    return workflow.status === 'COMPLETE';
  }

  async #answered(prompt: StepUpPrompt): Promise<void> {
    try {
      await this.handlers.onStepUp?.(prompt);
    } catch (error) {
      if (!(error instanceof StepUpError)) throw error; // an uncaught wrong proof counts as no proof
    }
  }
}

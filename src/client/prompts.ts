// Asking the user, once for all that were refused at the same time: for the strictest of what they demand. One prompt
// is open at a time; a refusal that no single proof would meet with the others waits for the next.
import { StepUpError } from './errors.ts';
import type { Operation } from './operation.ts';
import { covers, type Demand, type Requirement, strictestOf } from './refusal.ts';
import { RunningStepUp, type StepUpChannel, type StepUpWorkflow } from './step-up.ts';

/** What the application is asked for. */
export interface StepUpPrompt {
  /** What the refused fields demand, to explain why the user is asked. */
  readonly requirement: Requirement;
  /** A step-up that has begun: prove one of its `factors`. */
  readonly workflow: StepUpWorkflow;
}

/**
 * Asks the user for a proof. When it resolves and `workflow.status` is `COMPLETE`, the refused operations are sent
 * again; in any other case, or after `workflow.cancel()`, their callers get the refusals.
 */
export type OnStepUp = (prompt: StepUpPrompt) => unknown;

/** What the application is told when its user lacks a factor. */
export interface EnrollmentPrompt {
  /** What the refused fields demand: a factor of `accept` has to be enrolled. */
  readonly requirement: Requirement;
}

/**
 * Shows the user how to add a factor. When it resolves with `true`, one was added, and the refused operations are sent
 * again; with anything else, their callers get the refusals.
 */
export type OnEnrollmentRequired = (prompt: EnrollmentPrompt) => unknown;

/** How an application asks for what a refusal demands. Without it, that refusal is the answer. */
export interface PromptHandlers {
  onStepUp?: OnStepUp | undefined;
  onEnrollmentRequired?: OnEnrollmentRequired | undefined;
}

/** Operations of one page are refused about as fast as each other. */
const GATHERING_MILLISECONDS = 50;

interface Round {
  readonly remedy: Demand['remedy'];
  requirement: Requirement;
  /** The operation that its proof is bound to, which nobody shares. */
  readonly bound: Operation | null;
  /** The user is asked by now: it takes nobody along who demands more. */
  hasBegun: boolean;
  readonly outcome: Promise<boolean>;
}

export class Prompts {
  readonly #channel: StepUpChannel;
  /** Those that are not over, the oldest first. */
  readonly #rounds = new Set<Round>();
  #last: Promise<unknown> = Promise.resolve();
  readonly handlers: PromptHandlers;

  constructor(channel: StepUpChannel, { onStepUp, onEnrollmentRequired }: PromptHandlers) {
    this.#channel = channel;
    this.handlers = { onStepUp, onEnrollmentRequired };
  }

  /** Whether the user has done what is demanded. @throws what the application's prompt throws. */
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
    // When it cannot begin, for whatever reason, the refusal stands.
    const workflow = await RunningStepUp.start(this.#channel, requirement, bound).catch(() => null);
    if (workflow === null) return false;
    // Complete at once: another tab, or the prompt before, has proved it meanwhile.
    if (workflow.status !== 'COMPLETE')
      await Promise.race([this.#answered({ requirement, workflow }), workflow.cancelled]);
    return workflow.status === 'COMPLETE';
  }

  async #answered(prompt: StepUpPrompt): Promise<void> {
    try {
      await this.handlers.onStepUp?.(prompt);
    } catch (error) {
      if (!(error instanceof StepUpError)) throw error; // a wrong proof that nobody has caught is no proof
    }
  }
}

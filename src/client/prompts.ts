// Asking the user, once for all that were refused at the same time: for the strictest of what they demand. One prompt
// is open at a time; a refusal that no single proof would meet with the others waits for the next.
import { StepUpError } from './errors.ts';
import type { Operation } from './operation.ts';
import { covers, type Requirement, strictestOf } from './refusal.ts';
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

/** Operations of one page are refused about as fast as each other. */
const GATHERING_MILLISECONDS = 50;

interface Round {
  requirement: Requirement;
  /** Its workflow has begun: it takes nobody along who demands more. */
  hasBegun: boolean;
  readonly outcome: Promise<boolean>;
}

export class Prompts {
  readonly #channel: StepUpChannel;
  /** Those that are not over, the oldest first. */
  readonly #rounds = new Set<Round>();
  #last: Promise<unknown> = Promise.resolve();
  onStepUp: OnStepUp | undefined;

  constructor(channel: StepUpChannel, onStepUp: OnStepUp | undefined) {
    this.#channel = channel;
    this.onStepUp = onStepUp;
  }

  /** Whether what is demanded was proved. @throws what the application's prompt throws. */
  async ask(requirement: Requirement, operation: Operation): Promise<boolean> {
    if (this.onStepUp === undefined) return false;
    const bound = requirement.bind === 'OPERATION' ? operation : null;
    return (bound ? undefined : this.#joined(requirement)) ?? this.#begin(requirement, bound);
  }

  #joined(requirement: Requirement): Promise<boolean> | undefined {
    for (const round of this.#rounds) {
      const both = strictestOf(round.requirement, requirement);
      if (round.requirement.bind === 'OPERATION' || both === null) continue;
      if (round.hasBegun && !covers(round.requirement, requirement)) continue;
      if (!round.hasBegun) round.requirement = both;
      return round.outcome;
    }
    return undefined;
  }

  #begin(requirement: Requirement, bound: Operation | null): Promise<boolean> {
    const gathered = new Promise((resolve) => setTimeout(resolve, GATHERING_MILLISECONDS));
    const outcome = Promise.all([this.#last, gathered])
      .then(() => this.#run(round, bound))
      .finally(() => this.#rounds.delete(round));
    const round: Round = { requirement, hasBegun: false, outcome };
    this.#rounds.add(round);
    this.#last = outcome.catch(() => {});
    return outcome;
  }

  async #run(round: Round, bound: Operation | null): Promise<boolean> {
    round.hasBegun = true;
    const { requirement } = round;
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
      await this.onStepUp?.(prompt);
    } catch (error) {
      if (!(error instanceof StepUpError)) throw error; // a wrong proof that nobody has caught is no proof
    }
  }
}

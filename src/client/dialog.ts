// The state of a dialog that asks for a proof, without a framework: each state is an object of its own.
import { StepUpError } from './errors.ts';
import type { StepUpPrompt } from './prompts.ts';
import type { FactorKind, Requirement } from './refusal.ts';
import type { Proof, StepUpState, StepUpWorkflow } from './step-up.ts';

export interface StepUpDialogState {
  /** Whether somebody is to be asked. */
  readonly isOpen: boolean;
  /** What is demanded, while it is open. */
  readonly requirement: Requirement | null;
  /** What may be proved, while it is open. */
  readonly workflow: StepUpState | null;
  /** Whether a step is under way. */
  readonly isBusy: boolean;
  /** Why the last step did not succeed. */
  readonly error: StepUpError | null;
}

const CLOSED: StepUpDialogState = {
  isOpen: false,
  requirement: null,
  workflow: null,
  isBusy: false,
  error: null,
};

export class StepUpDialog {
  #state = CLOSED;
  #running: { readonly workflow: StepUpWorkflow; readonly close: () => void } | null = null;
  readonly #listeners = new Set<() => void>();

  /** An `OnStepUp`: it resolves when the dialog has closed. */
  readonly open = ({ requirement, workflow }: StepUpPrompt): Promise<void> =>
    new Promise((resolve) => {
      this.#running = { workflow, close: resolve };
      this.#become({ ...CLOSED, isOpen: true, requirement, workflow: stateOf(workflow) });
    });

  readonly state = (): StepUpDialogState => this.#state;

  readonly subscribe = (listener: () => void): (() => void) => {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  };

  /** Sends the code of a factor that needs one. What fails is the state's `error`. */
  readonly prepare = (factor: FactorKind, authenticatorId?: string | null): Promise<void> =>
    this.#step((workflow) => workflow.prepare(factor, authenticatorId));

  /** Checks a proof, and closes when nothing more is to be proved. What fails is the state's `error`. */
  readonly attempt = (proof: Proof): Promise<void> => this.#step((workflow) => workflow.attempt(proof));

  /** Closes; what was refused stays refused. */
  readonly cancel = (): void => {
    this.#running?.workflow.cancel();
    this.#close();
  };

  async #step(take: (workflow: StepUpWorkflow) => Promise<unknown>): Promise<void> {
    const running = this.#running;
    if (running === null || this.#state.isBusy) return;
    const { workflow } = running;
    this.#become({ ...this.#state, isBusy: true, error: null });
    let error: StepUpError | null = null;
    try {
      await take(workflow);
    } catch (problem) {
      error = asStepUpError(problem);
    }
    if (this.#running !== running) return; // closed meanwhile
    if (workflow.status === 'COMPLETE') this.#close();
    else this.#become({ ...this.#state, workflow: stateOf(workflow), isBusy: false, error });
  }

  #close(): void {
    const running = this.#running;
    this.#running = null;
    this.#become(CLOSED);
    running?.close();
  }

  #become(state: StepUpDialogState): void {
    this.#state = state;
    for (const listener of this.#listeners) listener();
  }
}

function stateOf({ status, factors, challenge, expiresAt, approves }: StepUpWorkflow): StepUpState {
  return { status, factors, challenge, expiresAt, approves };
}

/** A server that cannot be reached is a reason like any other, and says nothing of the proof. */
function asStepUpError(problem: unknown): StepUpError {
  if (problem instanceof StepUpError) return problem;
  return new StepUpError({ code: 'UNAVAILABLE', message: 'That did not work. Try again in a moment.' });
}

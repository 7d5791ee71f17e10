// The state of a step-up dialog, independent of any framework. Each change creates a new state object.
import { StepUpError } from './errors.ts';
import type { PasskeyOptions } from './passkey-options.ts';
import type { StepUpPrompt } from './prompts.ts';
import type { FactorKind, Requirement } from './refusal.ts';
import type { StepUpState, StepUpWorkflow } from './step-up.ts';
import type { Proof } from './workflow.ts';

/** The state of a step-up dialog. */
export interface StepUpDialogState {
  /** Whether to show the dialog. */
  readonly isOpen: boolean;
  /** What the refused operations require. Null while closed. */
  readonly requirement: Requirement | null;
  /** The step-up, with the factors to choose from. Null while closed. */
  readonly workflow: StepUpState | null;
  /** Whether a request is in progress. */
  readonly isBusy: boolean;
  /** Why the last step failed, or null. */
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

  /** An `OnStepUp` that resolves when the dialog closes. */
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

  /** Sends the code or link of a factor that needs one. Never rejects; a failure is in the state's `error`. */
  readonly prepare = (factor: FactorKind, authenticatorId?: string | null): Promise<void> =>
    this.#step((workflow) => workflow.prepare(factor, authenticatorId));

  /**
   * Checks a proof, and closes the dialog when the step-up is complete. Never rejects; a failure is in the state's
   * `error`.
   */
  readonly attempt = (proof: Proof): Promise<void> => this.#step((workflow) => workflow.attempt(proof));

  /** Asks the browser for a passkey, otherwise like `attempt`. */
  readonly passkey = (options?: PasskeyOptions): Promise<void> =>
    this.#step((workflow) => workflow.passkey(options));

  /** Closes the dialog. The callers get the refusals. */
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
    if (this.#running !== running) return; // closed in the meantime
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

/** An unreachable server is reported like any other failure. It says nothing about the proof. */
function asStepUpError(problem: unknown): StepUpError {
  if (problem instanceof StepUpError) return problem;
  return new StepUpError({ code: 'UNAVAILABLE', message: 'The request failed. Try again in a moment.' });
}

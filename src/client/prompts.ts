// The prompts of an application: for a proof, which a step-up takes, and for a new factor.
import { StepUpError } from './errors.ts';
import type { Requirement } from './refusal.ts';
import { type Asking, inRounds } from './rounds.ts';
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

/** @param handlers may be replaced at any time. */
export function prompts(channel: WorkflowChannel, handlers: PromptHandlers): Asking {
  async function answered(prompt: StepUpPrompt): Promise<void> {
    try {
      await handlers.onStepUp?.(prompt);
    } catch (error) {
      if (!(error instanceof StepUpError)) throw error; // an uncaught wrong proof counts as no proof
    }
  }

  return inRounds(
    ({ remedy, elsewhere }) =>
      elsewhere === undefined &&
      (remedy === 'STEP_UP' ? handlers.onStepUp : handlers.onEnrollmentRequired) !== undefined,
    async ({ demand: { remedy, requirement }, bound }) => {
      if (remedy === 'ENROLL') return (await handlers.onEnrollmentRequired?.({ requirement })) === true;
      // If the step-up cannot start for any reason, the caller gets the refusal.
      const workflow = await startStepUp(channel, requirement, bound).catch(() => null);
      if (workflow === null) return false;
      // It is already complete if another tab or the previous prompt has proved the factor in the meantime.
      if (workflow.status !== 'COMPLETE')
        await Promise.race([answered({ requirement, workflow }), workflow.cancelled]);
      return workflow.status === 'COMPLETE';
    },
  );
}

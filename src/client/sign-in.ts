// A sign-in: whoever completes it becomes the user of this client.
import type { EnrollingWorkflow } from './enrollment.ts';
import { RunningWorkflow } from './running-workflow.ts';
import type { WorkflowChannel, WorkflowStatus } from './workflow.ts';

/** Who wants to sign in. */
export interface SignInInput {
  /** An email address or phone number. Leave it out if a passkey will say who it is. */
  readonly identifier?: string;
  /** The tenant, if it is not the default one. */
  readonly tenant?: string;
}

/** The status of a sign-in. */
export type SignInStatus = Exclude<WorkflowStatus, 'NEEDS_PROOF' | 'NEEDS_APPROVAL'>;

/** A running sign-in. When it is complete, the client uses the new session. */
export interface SignInWorkflow extends EnrollingWorkflow<SignInStatus> {}

export function startSignIn(channel: WorkflowChannel, input: SignInInput): Promise<SignInWorkflow> {
  return RunningWorkflow.start(channel, 'SignIn', input);
}

// A sign-up: the new user becomes the user of this client.
import type { EnrollingWorkflow } from './enrollment.ts';
import { RunningWorkflow } from './running-workflow.ts';
import type { WorkflowChannel } from './workflow.ts';

/** The new user. What can be left out depends on the policy of the tenant. */
export interface SignUpInput {
  readonly email?: string;
  readonly password?: string;
  readonly name?: string;
  /** The tenant, if it is not the default one. */
  readonly tenant?: string;
}

/** The status of a sign-up. */
export type SignUpStatus = 'NEEDS_PROOF' | 'NEEDS_ENROLLMENT' | 'COMPLETE' | 'FAILED' | 'EXPIRED';

/** A running sign-up. When it is complete, the client uses the new session. */
export interface SignUpWorkflow extends EnrollingWorkflow<SignUpStatus> {}

export function startSignUp(channel: WorkflowChannel, input: SignUpInput): Promise<SignUpWorkflow> {
  return RunningWorkflow.start(channel, 'SignUp', input);
}

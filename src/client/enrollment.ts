// An enrollment: the signed-in user adds a factor.
import type { FactorKind } from './refusal.ts';
import { RunningWorkflow } from './running-workflow.ts';
import type { Workflow, WorkflowChannel, WorkflowStatus } from './workflow.ts';

/** The factor to add. */
export interface EnrollmentInput {
  readonly factor: FactorKind;
  /** A name by which the user recognizes it. */
  readonly label?: string;
  /** For a phone. */
  readonly phoneNumber?: string;
}

/** The status of an enrollment. */
export type EnrollmentStatus = 'NEEDS_PROOF' | 'NEEDS_ENROLLMENT' | 'COMPLETE' | 'FAILED' | 'EXPIRED';

/** A running workflow in which the user may have to enroll a factor. */
export interface EnrollingWorkflow<Status extends WorkflowStatus> extends Workflow<Status> {
  /** What the user needs to set the factor up while the status is `NEEDS_ENROLLMENT`. Treat it as a secret. */
  readonly material: unknown;
  /** Issued with the first second factor, in the step that completes the workflow. Show them to the user once. */
  readonly backupCodes: readonly string[] | null;
}

/** A running enrollment. If the status is `NEEDS_PROOF`, the user first proves a factor that they have. */
export interface EnrollmentWorkflow extends EnrollingWorkflow<EnrollmentStatus> {}

export function startEnrollment(
  channel: WorkflowChannel,
  input: EnrollmentInput,
): Promise<EnrollmentWorkflow> {
  return RunningWorkflow.start(channel, 'Enrollment', input);
}

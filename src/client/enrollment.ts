// An enrollment: the signed-in user adds a factor.
import type { FactorKind } from './refusal.ts';
import { RunningWorkflow } from './running-workflow.ts';
import type { Workflow, WorkflowChannel } from './workflow.ts';

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

/** A running enrollment. If the status is `NEEDS_PROOF`, the user first proves a factor that they have. */
export interface EnrollmentWorkflow extends Workflow<EnrollmentStatus> {
  /** What the user needs to set the factor up while the status is `NEEDS_ENROLLMENT`. Treat it as a secret. */
  readonly material: unknown;
  /** Issued with the first second factor, in the step that completes the enrollment. Show them to the user once. */
  readonly backupCodes: readonly string[] | null;
}

export function startEnrollment(
  channel: WorkflowChannel,
  input: EnrollmentInput,
): Promise<EnrollmentWorkflow> {
  return RunningWorkflow.start(channel, { type: 'Enrollment', fields: 'material backupCodes' }, input);
}

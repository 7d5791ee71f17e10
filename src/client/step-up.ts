// A step-up: the workflow that proves a factor for operations that were refused.
import type { Operation } from './operation.ts';
import type { Requirement } from './refusal.ts';
import { RunningWorkflow } from './running-workflow.ts';
import type { Workflow, WorkflowChannel, WorkflowState } from './workflow.ts';

/** The status of a step-up. `NEEDS_APPROVAL`: the client has the token of an agent, and its user must approve. */
export type StepUpStatus = 'NEEDS_PROOF' | 'NEEDS_APPROVAL' | 'COMPLETE' | 'FAILED' | 'EXPIRED';

/** The state of a step-up. */
export interface StepUpState extends WorkflowState<StepUpStatus> {
  /** For a proof bound to one operation, a description of the operation. Show it to the user. Null otherwise. */
  readonly approves: string | null;
}

/** A running step-up. After `cancel`, the callers of the refused operations get the refusals. */
export interface StepUpWorkflow extends Workflow<StepUpStatus>, StepUpState {}

/** @param operation the operation to which the proof is bound, or null. @throws {StepUpError} */
export function startStepUp(
  channel: WorkflowChannel,
  { bind: _bind, ...required }: Requirement,
  operation: Operation | null,
): Promise<RunningWorkflow<StepUpStatus>> {
  const bound = operation && {
    query: operation.query,
    operationName: operation.operationName,
    variables: operation.variables,
  };
  const input = { ...required, ...(bound && { operation: bound }) };
  return RunningWorkflow.start(channel, 'StepUp', input, bound ? 'approves' : '');
}

// Keeps what shows later that a proof approved an operation, in the audit event of the proof.
import { sealApproval } from '../../factors/approval-record.ts';
import type { Accepted } from '../../factors/factor.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { openOperation } from '../approves.ts';
import type { StepServices } from './services.ts';
import type { Step } from './step.ts';

/** Null when the proof approves no operation, signs none, or the operation is not recorded. */
export function recordOfApproval(
  { ring }: Pick<StepServices, 'ring'>,
  { row, account }: Step,
  factor: FactorKind,
  { approval: signed }: Accepted,
): ((eventId: string) => string) | null {
  const operation = openOperation(ring, row.id, row.operationText);
  const challenge = row.challenges.find((one) => one.factor === factor);
  if (signed === undefined || operation === null || challenge === undefined || account === null) return null;
  const { id: workflowId, tenantId } = row;
  const of = { factor, tenantId, userId: account.id, operation, workflowId, nonce: challenge.id };
  return (eventId) => sealApproval(ring, eventId, { ...of, signed });
}

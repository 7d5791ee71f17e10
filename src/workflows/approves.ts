// Seals what a bound step-up keeps of the operation that it approves, because it contains the operation's arguments: the
// description, and the text that the operation's digest is made of.
import { digest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import { open, seal } from '../platform/seal.ts';

/** @param workflowId the digest under which the workflow is stored. */
export function sealApproves(ring: KeyRing, workflowId: string, approves: string): string {
  return seal(ring, placeOf(workflowId), approves);
}

export function openApproves(ring: KeyRing, workflowId: string, sealed: string | null): string | null {
  return sealed === null ? null : open(ring, placeOf(workflowId), sealed);
}

export function sealOperation(ring: KeyRing, workflowId: string, text: string): string {
  return seal(ring, `workflow:${workflowId}:operation_text`, text);
}

export function openOperation(ring: KeyRing, workflowId: string, sealed: string | null): string | null {
  return sealed === null ? null : open(ring, `workflow:${workflowId}:operation_text`, sealed);
}

/** As the package computes it. Null when no operation is approved, or it is not recorded. */
export function operationDigestOf(ring: KeyRing, workflowId: string, sealed: string | null): string | null {
  const operation = openOperation(ring, workflowId, sealed);
  return operation === null ? null : digest(operation);
}

function placeOf(workflowId: string): string {
  return `workflow:${workflowId}:approves`;
}

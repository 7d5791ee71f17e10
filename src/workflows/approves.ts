// Seals the description of the operation that a bound step-up approves, because it contains the operation's arguments.
import type { KeyRing } from '../platform/key-ring.ts';
import { open, seal } from '../platform/seal.ts';

/** @param workflowId the digest under which the workflow is stored. */
export function sealApproves(ring: KeyRing, workflowId: string, approves: string): string {
  return seal(ring, placeOf(workflowId), approves);
}

export function openApproves(ring: KeyRing, workflowId: string, sealed: string | null): string | null {
  return sealed === null ? null : open(ring, placeOf(workflowId), sealed);
}

function placeOf(workflowId: string): string {
  return `workflow:${workflowId}:approves`;
}

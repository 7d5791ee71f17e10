// What a chart keeps of accepted proofs: the evidence, and the factors that the user could prove at that time. Charts
// that gather evidence share it.
import { type Evidence, withEvidence } from '../policy/evidence.ts';
import type { AvailableFactors } from '../policy/required-factors.ts';
import type { WorkflowEvent } from './event.ts';

export interface Gathered extends AvailableFactors {
  readonly evidence: readonly Evidence[];
}

export const NOTHING_GATHERED: Gathered = { enrolled: [], first: [], evidence: [] };

export function keptEvidence(evidence: readonly Evidence[], event: WorkflowEvent): Partial<Gathered> {
  if (event.type !== 'PROVE') return {};
  return { evidence: withEvidence(evidence, event.evidence), enrolled: event.enrolled, first: event.first };
}

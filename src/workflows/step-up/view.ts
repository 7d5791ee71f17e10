// A step-up as its client sees it.
import type { SnapshotFrom } from 'xstate';
import { COMPLETE, EXPIRED, FAILED, type WorkflowView } from '../view.ts';
import type { stepUpChart } from './chart.ts';

export function viewStepUp({ value, context }: SnapshotFrom<typeof stepUpChart>): WorkflowView {
  switch (value) {
    case 'proof':
      return { status: 'NEEDS_PROOF', proves: { what: 'OWN', acceptable: context } };
    case 'complete':
      return COMPLETE;
    case 'failed':
      return FAILED;
    default:
      return EXPIRED;
  }
}

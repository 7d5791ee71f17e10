// A step-up as the client sees it.
import type { SnapshotFrom } from 'xstate';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import type { stepUpChart } from './chart.ts';

export function viewStepUp({ value, context }: SnapshotFrom<typeof stepUpChart>): WorkflowView {
  switch (value) {
    case 'proof':
      return {
        status: 'NEEDS_PROOF',
        proves: { what: 'OWN', acceptable: context },
      };
    case 'otherCategory':
      return {
        status: 'NEEDS_PROOF',
        proves: { what: 'FURTHER', evidence: context.evidence, forgotPassword: false },
      };
    default:
      return viewOfEnd(value);
  }
}

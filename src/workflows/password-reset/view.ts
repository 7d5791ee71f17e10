// A password reset as the client sees it.
import type { SnapshotFrom } from 'xstate';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import type { passwordResetChart } from './chart.ts';

export function viewPasswordReset({ value, context }: SnapshotFrom<typeof passwordResetChart>): WorkflowView {
  switch (value) {
    case 'firstFactor':
      return { status: 'NEEDS_FIRST_FACTOR', proves: { what: 'ANY_OF', factors: context.offered } };
    case 'secondFactor':
      return {
        status: 'NEEDS_SECOND_FACTOR',
        proves: { what: 'FURTHER', evidence: context.evidence, forgotPassword: true },
      };
    case 'newPassword':
      return { status: 'NEEDS_NEW_PASSWORD', proves: { what: 'NOTHING' } };
    default:
      return viewOfEnd(value);
  }
}

// An enrollment as the client sees it.
import type { SnapshotFrom } from 'xstate';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import type { enrollmentChart } from './chart.ts';

export function viewEnrollment({ value, context }: SnapshotFrom<typeof enrollmentChart>): WorkflowView {
  switch (value) {
    case 'proof':
      return { status: 'NEEDS_PROOF', proves: { what: 'OWN', acceptable: context } };
    case 'otherCategory':
      return {
        status: 'NEEDS_PROOF',
        proves: { what: 'FURTHER', evidence: context.evidence, forgotPassword: false },
      };
    case 'enrollment':
      return {
        status: 'NEEDS_ENROLLMENT',
        proves: {
          what: 'NEW',
          factor: context.factor,
          authenticatorId: context.newAuthenticatorId,
          providerId: context.providerId ?? null,
        },
      };
    default:
      return viewOfEnd(value);
  }
}

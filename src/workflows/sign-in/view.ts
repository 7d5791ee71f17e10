// A sign-in as the client sees it.
import type { SnapshotFrom } from 'xstate';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import type { signInChart } from './chart.ts';

export function viewSignIn({ value, context }: SnapshotFrom<typeof signInChart>): WorkflowView {
  switch (value) {
    case 'firstFactor':
      return {
        status: 'NEEDS_FIRST_FACTOR',
        proves: context.isAnonymous
          ? { what: 'ANYBODYS', factors: context.offered, providerId: context.providerId }
          : { what: 'ANY_OF', factors: context.offered },
      };
    case 'secondFactor':
      return {
        status: 'NEEDS_SECOND_FACTOR',
        proves: { what: 'FURTHER', evidence: context.evidence, forgotPassword: false },
      };
    case 'enrollment':
      return {
        status: 'NEEDS_ENROLLMENT',
        proves: { what: 'NEW', factor: context.enrolls, authenticatorId: context.newAuthenticatorId },
      };
    default:
      return viewOfEnd(value);
  }
}

// A sign-up as the client sees it.
import type { SnapshotFrom } from 'xstate';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import { PROVE_ADDRESS, type signUpChart } from './chart.ts';

export function viewSignUp({ value, context }: SnapshotFrom<typeof signUpChart>): WorkflowView {
  switch (value) {
    case 'proof':
      return { status: 'NEEDS_PROOF', proves: { what: 'ANY_OF', factors: PROVE_ADDRESS } };
    case 'enrollment':
      return {
        status: 'NEEDS_ENROLLMENT',
        proves: { what: 'NEW', factor: context.enrolls, authenticatorId: context.newAuthenticatorId },
      };
    case 'taken':
      return { status: 'FAILED', proves: { what: 'NOTHING' }, remedy: 'SIGN_IN' };
    default:
      return viewOfEnd(value);
  }
}

// A sign-up as the client sees it.
import type { SnapshotFrom } from 'xstate';
import { FactorKind } from '../../policy/factor-kind.ts';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import { PROVE_ADDRESS, type signUpChart } from './chart.ts';

export function viewSignUp({ value, context }: SnapshotFrom<typeof signUpChart>): WorkflowView {
  switch (value) {
    case 'proof':
      return { status: 'NEEDS_PROOF', proves: { what: 'ANY_OF', factors: PROVE_ADDRESS } };
    case 'enrollment':
    case 'passkey':
      return {
        status: 'NEEDS_ENROLLMENT',
        proves: { what: 'NEW', factor: context.enrolls, authenticatorId: context.newAuthenticatorId },
      };
    case 'use':
      return { status: 'NEEDS_PROOF', proves: { what: 'ANY_OF', factors: [FactorKind.PASSKEY] } };
    case 'taken':
      return { status: 'FAILED', proves: { what: 'NOTHING' }, remedy: 'SIGN_IN' };
    default:
      return viewOfEnd(value);
  }
}

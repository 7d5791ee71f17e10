// Signing up: the code that was sent to the address proves it, and the account counts from then on. The password
// was chosen at the start; that is when it was shown to be known.
import { assign, setup } from 'xstate';
import { type Evidence, withEvidence } from '../../policy/evidence.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { nextDemand, type SecondFactorPolicy } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effect.ts';
import type { WorkflowEvent } from '../event.ts';
import { firstAuthenticator, provesFirstAuthenticator } from '../first-authenticator.ts';

export interface SignUpInput {
  /** The password that was chosen. */
  readonly chosen: Evidence;
  readonly secondFactorPolicy: SecondFactorPolicy;
  /** For the authenticator that this sign-up enrolls, when policy demands one. */
  readonly newAuthenticatorId: string;
}

export interface SignUpContext extends SignUpInput {
  readonly evidence: readonly Evidence[];
}

export const signUpChart = setup({
  types: { context: {} as SignUpContext, events: {} as WorkflowEvent, input: {} as SignUpInput },
  guards: {
    offersEmailCode: ({ event }) => event.type === 'PREPARE' && event.factor === FactorKind.EMAIL_CODE,
    provesEmailCode: ({ event }) => event.type === 'PROVE' && event.evidence.factor === FactorKind.EMAIL_CODE,
    provesFirstAuthenticator,
    demandsEnrollment: ({ context }) =>
      nextDemand(context.evidence, [], context.secondFactorPolicy) === 'ENROLLMENT',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) =>
      event.type === 'PROVE' ? { evidence: withEvidence(context.evidence, event.evidence) } : {},
    ),
  },
}).createMachine({
  id: 'sign-up',
  version: '1',
  context: ({ input }) => ({ ...input, evidence: [input.chosen] }),
  initial: 'begin',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    begin: {
      always: {
        target: 'proof',
        actions: { type: 'sendChallenge', params: { factor: FactorKind.EMAIL_CODE } },
      },
    },
    proof: {
      on: {
        PREPARE: {
          guard: 'offersEmailCode',
          actions: { type: 'sendChallenge', params: { factor: FactorKind.EMAIL_CODE } },
        },
        PROVE: {
          guard: 'provesEmailCode',
          target: 'weighing',
          actions: ['keepEvidence', 'activateUser'],
        },
      },
    },
    weighing: {
      always: [{ guard: 'demandsEnrollment', target: 'enrollment' }, { target: 'complete' }],
    },
    enrollment: firstAuthenticator,
    complete: {
      type: 'final',
      entry: { type: 'issueSession', params: ({ context }) => ({ evidence: context.evidence }) },
    },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

// Signing in: a first factor, then whatever policy still demands of this user. The session is issued when the
// chart completes and not before.
import { assign, setup } from 'xstate';
import { type Evidence, withEvidence } from '../../policy/evidence.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { nextDemand, type SecondFactorPolicy } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effect.ts';
import type { WorkflowEvent } from '../event.ts';
import { firstAuthenticator, provesFirstAuthenticator } from '../first-authenticator.ts';

export interface SignInInput {
  /** The first factors on offer; the same for an account that does not exist. */
  readonly offered: readonly FactorKind[];
  readonly secondFactorPolicy: SecondFactorPolicy;
  /** For the authenticator that this sign-in enrolls, when policy demands one and the user has none. */
  readonly newAuthenticatorId: string;
}

export interface SignInContext extends SignInInput {
  readonly enrolled: readonly FactorKind[];
  readonly evidence: readonly Evidence[];
}

export const signInChart = setup({
  types: { context: {} as SignInContext, events: {} as WorkflowEvent, input: {} as SignInInput },
  guards: {
    offersFirstFactor: ({ context, event }) =>
      event.type === 'PREPARE' && context.offered.includes(event.factor),
    provesFirstFactor: ({ context, event }) =>
      event.type === 'PROVE' && context.offered.includes(event.evidence.factor),
    offersSecondFactor: ({ event }) => event.type === 'PREPARE' && event.enrolled.includes(event.factor),
    provesSecondFactor: ({ event }) =>
      event.type === 'PROVE' && event.enrolled.includes(event.evidence.factor),
    provesFirstAuthenticator,
    demandsSecondFactor: ({ context }) => demandOf(context) === 'SECOND_FACTOR',
    demandsEnrollment: ({ context }) => demandOf(context) === 'ENROLLMENT',
    demandsNothing: ({ context }) => demandOf(context) === 'NOTHING',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) =>
      event.type === 'PROVE'
        ? { evidence: withEvidence(context.evidence, event.evidence), enrolled: event.enrolled }
        : {},
    ),
  },
}).createMachine({
  id: 'sign-in',
  version: '1',
  context: ({ input }) => ({ ...input, enrolled: [], evidence: [] }),
  initial: 'firstFactor',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    firstFactor: {
      on: {
        PREPARE: {
          guard: 'offersFirstFactor',
          actions: { type: 'sendChallenge', params: ({ event }) => ({ factor: event.factor }) },
        },
        PROVE: { guard: 'provesFirstFactor', target: 'weighing', actions: 'keepEvidence' },
      },
    },
    weighing: {
      always: [
        { guard: 'demandsNothing', target: 'complete' },
        { guard: 'demandsSecondFactor', target: 'secondFactor' },
        { guard: 'demandsEnrollment', target: 'enrollment' },
      ],
    },
    secondFactor: {
      on: {
        PREPARE: {
          guard: 'offersSecondFactor',
          actions: { type: 'sendChallenge', params: ({ event }) => ({ factor: event.factor }) },
        },
        PROVE: { guard: 'provesSecondFactor', target: 'weighing', actions: 'keepEvidence' },
      },
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

function demandOf(context: SignInContext) {
  return nextDemand(context.evidence, context.enrolled, context.secondFactorPolicy);
}

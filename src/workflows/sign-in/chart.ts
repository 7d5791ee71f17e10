// Signs a user in with a first factor, then with what the policy demands in addition. The session is issued only when
// the chart completes.
import { assign, setup } from 'xstate';
import { furtherSteps, nextDemand, type SecondFactorPolicy } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effects/declared.ts';
import type { WorkflowEvent } from '../event.ts';
import {
  type FirstAuthenticator,
  firstAuthenticator,
  provesFirstAuthenticator,
} from '../first-authenticator.ts';
import { type Gathered, keptEvidence, NOTHING_GATHERED } from '../keep-evidence.ts';
import {
  firstFactor,
  type IdentifiedInput,
  offersFirstFactor,
  provesFirstFactor,
  secondFactor,
} from '../two-steps.ts';

export interface SignInInput extends IdentifiedInput, FirstAuthenticator {
  readonly secondFactorPolicy: SecondFactorPolicy;
  /** Whether no identifier was given, so that the first proof says who the user is. */
  readonly isAnonymous: boolean;
}

export interface SignInContext extends SignInInput, Gathered {}

export const signInChart = setup({
  types: { context: {} as SignInContext, events: {} as WorkflowEvent, input: {} as SignInInput },
  guards: {
    offersFirstFactor,
    provesFirstFactor,
    offersSecondFactor: ({ context, event }) =>
      event.type === 'PREPARE' && furtherSteps(context.evidence, event).includes(event.factor),
    provesSecondFactor: ({ context, event }) =>
      event.type === 'PROVE' && furtherSteps(context.evidence, event).includes(event.evidence.factor),
    provesFirstAuthenticator,
    demandsSecondFactor: ({ context }) => demandOf(context) === 'SECOND_FACTOR',
    demandsEnrollment: ({ context }) => demandOf(context) === 'ENROLLMENT',
    demandsNothing: ({ context }) => demandOf(context) === 'NOTHING',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => keptEvidence(context.evidence, event)),
  },
}).createMachine({
  id: 'sign-in',
  version: '4',
  context: ({ input }) => ({ ...input, ...NOTHING_GATHERED }),
  initial: 'firstFactor',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    firstFactor,
    weighing: {
      always: [
        { guard: 'demandsNothing', target: 'complete' },
        { guard: 'demandsSecondFactor', target: 'secondFactor' },
        { guard: 'demandsEnrollment', target: 'enrollment' },
        { target: 'administrator' },
      ],
    },
    secondFactor,
    enrollment: firstAuthenticator,
    complete: {
      type: 'final',
      entry: [
        { type: 'issueSession', params: ({ context }) => ({ evidence: context.evidence }) },
        'tellOfNewDevice',
      ],
    },
    // The user has no factor for the second step.
    administrator: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

function demandOf(context: SignInContext) {
  return nextDemand(context.evidence, context, context.secondFactorPolicy);
}

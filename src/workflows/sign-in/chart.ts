// Signing in: a first factor, then whatever policy still demands of this user. The session is issued when the
// chart completes and not before.
import { assign, setup } from 'xstate';
import type { Evidence } from '../../policy/evidence.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import {
  furtherSteps,
  type Holdings,
  nextDemand,
  type SecondFactorPolicy,
} from '../../policy/required-factors.ts';
import { EFFECTS } from '../effect.ts';
import type { WorkflowEvent } from '../event.ts';
import { firstAuthenticator, provesFirstAuthenticator } from '../first-authenticator.ts';
import { keptEvidence } from '../keep-evidence.ts';

export interface SignInInput {
  /** The first factors on offer; the same for an account that does not exist. */
  readonly offered: readonly FactorKind[];
  /** The address or number that was named: what a first factor is sent to. Null when nobody has it. */
  readonly addressId: string | null;
  readonly secondFactorPolicy: SecondFactorPolicy;
  /** For the authenticator that this sign-in enrolls, when policy demands one and the user has none. */
  readonly newAuthenticatorId: string;
}

export interface SignInContext extends SignInInput, Holdings {
  readonly evidence: readonly Evidence[];
}

export const signInChart = setup({
  types: { context: {} as SignInContext, events: {} as WorkflowEvent, input: {} as SignInInput },
  guards: {
    offersFirstFactor: ({ context, event }) =>
      event.type === 'PREPARE' && context.offered.includes(event.factor),
    provesFirstFactor: ({ context, event }) =>
      event.type === 'PROVE' && context.offered.includes(event.evidence.factor),
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
  version: '2',
  context: ({ input }) => ({ ...input, enrolled: [], first: [], evidence: [] }),
  initial: 'firstFactor',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    firstFactor: {
      on: {
        PREPARE: {
          guard: 'offersFirstFactor',
          actions: {
            type: 'sendChallenge',
            params: ({ context, event }) => ({ factor: event.factor, authenticatorId: context.addressId }),
          },
        },
        PROVE: { guard: 'provesFirstFactor', target: 'weighing', actions: 'keepEvidence' },
      },
    },
    weighing: {
      always: [
        { guard: 'demandsNothing', target: 'complete' },
        { guard: 'demandsSecondFactor', target: 'secondFactor' },
        { guard: 'demandsEnrollment', target: 'enrollment' },
        // Nothing that this user has could be the second step: an administrator has to help.
        { target: 'failed' },
      ],
    },
    secondFactor: {
      on: {
        PREPARE: {
          guard: 'offersSecondFactor',
          actions: {
            type: 'sendChallenge',
            params: ({ event }) => ({ factor: event.factor, authenticatorId: event.authenticatorId }),
          },
        },
        PROVE: { guard: 'provesSecondFactor', target: 'weighing', actions: 'keepEvidence' },
      },
    },
    enrollment: firstAuthenticator,
    complete: {
      type: 'final',
      entry: [
        { type: 'issueSession', params: ({ context }) => ({ evidence: context.evidence }) },
        'tellOfNewDevice',
      ],
    },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

function demandOf(context: SignInContext) {
  return nextDemand(context.evidence, context, context.secondFactorPolicy);
}

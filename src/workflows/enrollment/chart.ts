// Adding an authenticator. Whoever adds one proves an existing factor first, unless the session did so a moment
// ago (NIST SP 800-63B-4 section 4.1.2); the new one counts once it has been proved itself. A session that began with a
// phone alone proves something of another category too, as in a step-up. Whoever was let in because the user had no
// second factor is not let through once the user has one: nobody enrolls a way around it.
import { assign, setup } from 'xstate';
import type { Evidence } from '../../policy/evidence.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import {
  type Acceptable,
  type AvailableFactors,
  furtherSteps,
  nextDemand,
  provable,
} from '../../policy/required-factors.ts';
import { EFFECTS } from '../effects/declared.ts';
import type { WorkflowEvent } from '../event.ts';
import { keptEvidence } from '../keep-evidence.ts';

export interface EnrollmentInput extends Acceptable {
  readonly factor: FactorKind;
  readonly newAuthenticatorId: string;
  readonly label: string | null;
  /** False for a phone number that is only to identify its user. */
  readonly isSecondFactor: boolean;
  /** Whether the token that starts it says that the strongest factor of the user was proved, and freshly. */
  readonly proved: boolean;
  /** What that token opens of the session. */
  readonly evidence: readonly Evidence[];
}

export interface EnrollmentContext extends EnrollmentInput, AvailableFactors {
  /** What whoever drives it must hold: what the token that started it did. */
  readonly opened: readonly Evidence[];
}

export const enrollmentChart = setup({
  types: { context: {} as EnrollmentContext, events: {} as WorkflowEvent, input: {} as EnrollmentInput },
  guards: {
    provedFreshly: ({ context }) => context.proved,
    offersExisting: ({ context, event }) =>
      event.type === 'PREPARE' && provable(context, event).includes(event.factor),
    provesExisting: ({ context, event }) =>
      event.type === 'PROVE' && provable(context, event).includes(event.evidence.factor),
    offersOtherCategory: ({ context, event }) =>
      event.type === 'PREPARE' && furtherSteps(context.evidence, event).includes(event.factor),
    provesOtherCategory: ({ context, event }) =>
      event.type === 'PROVE' && furtherSteps(context.evidence, event).includes(event.evidence.factor),
    demandsOtherCategory: ({ context }) =>
      nextDemand(context.evidence, context, 'OPTIONAL') === 'SECOND_FACTOR',
    offersNewAuthenticator: ({ context, event }) =>
      event.type === 'PREPARE' && event.factor === context.factor && mayEnroll(context, event),
    provesIdentifier: ({ context, event }) => provesNew(context, event) && !context.isSecondFactor,
    provesFirstSecondFactor: ({ context, event }) => provesNew(context, event) && event.enrolled.length === 0,
    provesNewAuthenticator: ({ context, event }) => provesNew(context, event),
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => keptEvidence(context.evidence, event)),
  },
}).createMachine({
  id: 'enrollment',
  version: '3',
  context: ({ input }) => ({ ...input, opened: input.evidence, enrolled: [], first: [] }),
  initial: 'weighing',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    weighing: {
      always: [{ guard: 'provedFreshly', target: 'enrollment' }, { target: 'proof' }],
    },
    proof: {
      on: {
        PREPARE: {
          guard: 'offersExisting',
          actions: {
            type: 'sendChallenge',
            params: ({ event }) => ({ factor: event.factor, authenticatorId: event.authenticatorId }),
          },
        },
        PROVE: {
          guard: 'provesExisting',
          target: 'weighingProof',
          actions: [
            'keepEvidence',
            { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
          ],
        },
      },
    },
    weighingProof: {
      always: [{ guard: 'demandsOtherCategory', target: 'otherCategory' }, { target: 'enrollment' }],
    },
    otherCategory: {
      on: {
        PREPARE: {
          guard: 'offersOtherCategory',
          actions: {
            type: 'sendChallenge',
            params: ({ event }) => ({ factor: event.factor, authenticatorId: event.authenticatorId }),
          },
        },
        PROVE: {
          guard: 'provesOtherCategory',
          target: 'weighingProof',
          actions: [
            'keepEvidence',
            { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
          ],
        },
      },
    },
    enrollment: {
      entry: {
        type: 'createAuthenticator',
        params: ({ context }) => ({
          factor: context.factor,
          authenticatorId: context.newAuthenticatorId,
          label: context.label,
        }),
      },
      on: {
        PREPARE: {
          guard: 'offersNewAuthenticator',
          actions: {
            type: 'sendChallenge',
            params: ({ context }) => ({
              factor: context.factor,
              authenticatorId: context.newAuthenticatorId,
            }),
          },
        },
        PROVE: [
          // It is no second factor, so that it was proved is no evidence of one.
          { guard: 'provesIdentifier', target: 'complete' },
          {
            guard: 'provesFirstSecondFactor',
            target: 'complete',
            actions: [
              { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
              'giveBackupCodes',
            ],
          },
          {
            guard: 'provesNewAuthenticator',
            target: 'complete',
            actions: { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
          },
        ],
      },
    },
    complete: {
      type: 'final',
      entry: [
        {
          type: 'confirmAuthenticator',
          params: ({ context }) => ({
            factor: context.factor,
            authenticatorId: context.newAuthenticatorId,
            isSecondFactor: context.isSecondFactor,
          }),
        },
        'renewTokens',
      ],
    },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

function provesNew(
  context: EnrollmentContext,
  event: WorkflowEvent,
): event is Extract<WorkflowEvent, { type: 'PROVE' }> {
  return event.type === 'PROVE' && event.evidence.factor === context.factor && mayEnroll(context, event);
}

/** Whether what has been proved is enough for what the user has now. */
function mayEnroll({ evidence }: EnrollmentContext, availableFactors: AvailableFactors): boolean {
  return nextDemand(evidence, availableFactors, 'OPTIONAL') === 'NOTHING';
}

// Adds an authenticator. The user proves an existing factor first, unless the session has just done so (NIST SP
// 800-63B-4 section 4.1.2). The new authenticator counts once it has been proved itself. A session that began with a
// phone alone must also prove a factor of another category, as in a step-up. If the user gains a second factor during
// an enrollment that began without one, that factor must be proved too. Otherwise an enrollment could bypass it.
import { assign, setup } from 'xstate';
import { type Evidence, provesMore } from '../../policy/evidence.ts';
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
  /** False for a phone number that only identifies the user. */
  readonly isSecondFactor: boolean;
  /** Whether the token that starts the workflow shows a fresh proof of the user's strongest factor. */
  readonly proved: boolean;
  /**
   * For an identity at a provider, which a bound proof has approved: by what. Otherwise, the evidence of the session decides.
   */
  readonly approvedBy?: 'FIRST_FACTOR' | 'SECOND_FACTOR';
  /** The identity provider, for an identity. */
  readonly providerId?: string;
  /** The evidence of the session that this token gives access to. */
  readonly evidence: readonly Evidence[];
}

export interface EnrollmentContext extends EnrollmentInput, AvailableFactors {
  /** The evidence that every later token must give access to: that of the token that started the workflow. */
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
    provesLess: ({ context, event }) =>
      provesNew(context, event) && provesMore(context.evidence, event.evidence),
    provesNewAuthenticator: ({ context, event }) => provesNew(context, event),
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => keptEvidence(context.evidence, event)),
  },
}).createMachine({
  id: 'enrollment',
  version: '5',
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
          // It is not a second factor, so its proof is not recorded as evidence.
          { guard: 'provesIdentifier', target: 'complete' },
          {
            guard: 'provesFirstSecondFactor',
            target: 'complete',
            actions: [
              { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
              'giveBackupCodes',
            ],
          },
          // Another authenticator of the factor has proved more in this session, and its evidence stays.
          { guard: 'provesLess', target: 'complete' },
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

/** Whether the evidence is sufficient for the factors that the user has now. */
function mayEnroll({ evidence, approvedBy }: EnrollmentContext, availableFactors: AvailableFactors): boolean {
  // A second factor that was enrolled since has not approved it.
  if (approvedBy === 'SECOND_FACTOR') return true;
  if (approvedBy === 'FIRST_FACTOR') return availableFactors.enrolled.length === 0;
  return nextDemand(evidence, availableFactors, 'OPTIONAL') === 'NOTHING';
}

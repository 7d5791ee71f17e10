// Adding an authenticator. Whoever adds one proves an existing factor first, unless the session did so a moment
// ago (NIST SP 800-63B-4 section 4.1.2); the new one counts once it has been proved itself.
import { setup } from 'xstate';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { type Acceptable, provable } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effect.ts';
import type { WorkflowEvent } from '../event.ts';

export interface EnrollmentInput extends Acceptable {
  readonly factor: FactorKind;
  readonly newAuthenticatorId: string;
  readonly label: string | null;
  /** False for a phone number that is only to identify its user. */
  readonly isSecondFactor: boolean;
  /** Whether the session has proved the strongest factor that the user has, and freshly. */
  readonly proved: boolean;
}

export const enrollmentChart = setup({
  types: { context: {} as EnrollmentInput, events: {} as WorkflowEvent, input: {} as EnrollmentInput },
  guards: {
    provedFreshly: ({ context }) => context.proved,
    offersExisting: ({ context, event }) =>
      event.type === 'PREPARE' && provable(context, event).includes(event.factor),
    provesExisting: ({ context, event }) =>
      event.type === 'PROVE' && provable(context, event).includes(event.evidence.factor),
    offersNewAuthenticator: ({ context, event }) =>
      event.type === 'PREPARE' && event.factor === context.factor,
    provesIdentifier: ({ context, event }) =>
      event.type === 'PROVE' && event.evidence.factor === context.factor && !context.isSecondFactor,
    provesFirstSecondFactor: ({ context, event }) =>
      event.type === 'PROVE' && event.evidence.factor === context.factor && event.enrolled.length === 0,
    provesNewAuthenticator: ({ context, event }) =>
      event.type === 'PROVE' && event.evidence.factor === context.factor,
  },
  actions: EFFECTS,
}).createMachine({
  id: 'enrollment',
  version: '2',
  context: ({ input }) => input,
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
          target: 'enrollment',
          actions: { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
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

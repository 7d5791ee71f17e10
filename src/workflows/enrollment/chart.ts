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
  /** Whether the session has proved the strongest factor that the user has, and freshly. */
  readonly proved: boolean;
}

export const enrollmentChart = setup({
  types: { context: {} as EnrollmentInput, events: {} as WorkflowEvent, input: {} as EnrollmentInput },
  guards: {
    provedFreshly: ({ context }) => context.proved,
    offersExisting: ({ context, event }) =>
      event.type === 'PREPARE' && provable(context, event.enrolled).includes(event.factor),
    provesExisting: ({ context, event }) =>
      event.type === 'PROVE' && provable(context, event.enrolled).includes(event.evidence.factor),
    provesFirstSecondFactor: ({ context, event }) =>
      event.type === 'PROVE' && event.evidence.factor === context.factor && event.enrolled.length === 0,
    provesNewAuthenticator: ({ context, event }) =>
      event.type === 'PROVE' && event.evidence.factor === context.factor,
  },
  actions: EFFECTS,
}).createMachine({
  id: 'enrollment',
  version: '1',
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
          actions: { type: 'sendChallenge', params: ({ event }) => ({ factor: event.factor }) },
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
        PROVE: [
          {
            guard: 'provesFirstSecondFactor',
            target: 'complete',
            actions: [
              { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
              {
                type: 'giveBackupCodes',
                params: ({ context }) => ({ authenticatorId: context.newAuthenticatorId }),
              },
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
          }),
        },
        'renewTokens',
      ],
    },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

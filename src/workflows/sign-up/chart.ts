// Signs a new user up. A code or link sent to the address verifies it and activates the account. If the address already
// belongs to an account, the sign-up ends, because the first user to verify an address owns it. The password counts as
// evidence from the start, when the user chose it. A user without a password enrolls a passkey, which activates the account,
// with or without an address.
import { assign, setup } from 'xstate';
import { type Evidence, withEvidence } from '../../policy/evidence.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { nextDemand, type SecondFactorPolicy } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effects/declared.ts';
import type { WorkflowEvent } from '../event.ts';
import {
  type FirstAuthenticator,
  firstAuthenticator,
  provesFirstAuthenticator,
} from '../first-authenticator.ts';

export interface SignUpInput extends FirstAuthenticator {
  /** The password that was chosen. Null for a user without one. */
  readonly chosen: Evidence | null;
  /** Whether there is an address to verify. Without one, a passkey is all that the user has. */
  readonly hasAddress: boolean;
  readonly secondFactorPolicy: SecondFactorPolicy;
}

export interface SignUpContext extends SignUpInput {
  readonly evidence: readonly Evidence[];
}

/** The factors that verify the address. */
export const PROVE_ADDRESS: readonly FactorKind[] = [FactorKind.EMAIL_CODE, FactorKind.EMAIL_LINK];

const NOTHING_HELD = { enrolled: [], first: [] };
const PASSKEY_HELD = { enrolled: [FactorKind.PASSKEY], first: [] };

export const signUpChart = setup({
  types: { context: {} as SignUpContext, events: {} as WorkflowEvent, input: {} as SignUpInput },
  guards: {
    offersEmail: ({ event }) => event.type === 'PREPARE' && PROVE_ADDRESS.includes(event.factor),
    provesEmail: ({ event }) => event.type === 'PROVE' && PROVE_ADDRESS.includes(event.evidence.factor),
    provesTakenAddress: ({ event }) =>
      event.type === 'PROVE' && PROVE_ADDRESS.includes(event.evidence.factor) && event.addressTaken === true,
    provesFirstAuthenticator,
    hasNoAddress: ({ context }) => !context.hasAddress,
    provesEmailWithoutPassword: ({ context, event }) =>
      event.type === 'PROVE' && PROVE_ADDRESS.includes(event.evidence.factor) && context.chosen === null,
    offersPasskey: ({ event }) => event.type === 'PREPARE' && event.factor === FactorKind.PASSKEY,
    provesPasskey: ({ event }) => event.type === 'PROVE' && event.evidence.factor === FactorKind.PASSKEY,
    // A registration proves possession alone. Where policy asks for more, the passkey is used once.
    demandsUse: ({ context }) =>
      nextDemand(context.evidence, PASSKEY_HELD, context.secondFactorPolicy) !== 'NOTHING' &&
      context.secondFactorPolicy === 'REQUIRED',
    demandsEnrollment: ({ context }) =>
      nextDemand(context.evidence, NOTHING_HELD, context.secondFactorPolicy) === 'ENROLLMENT',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) =>
      event.type === 'PROVE' ? { evidence: withEvidence(context.evidence, event.evidence) } : {},
    ),
  },
}).createMachine({
  id: 'sign-up',
  version: '5',
  context: ({ input }) => ({ ...input, evidence: input.chosen === null ? [] : [input.chosen] }),
  initial: 'begin',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    begin: {
      always: [
        { guard: 'hasNoAddress', target: 'passkey' },
        {
          target: 'proof',
          actions: {
            type: 'sendChallenge',
            params: { factor: FactorKind.EMAIL_CODE, authenticatorId: null },
          },
        },
      ],
    },
    proof: {
      on: {
        PREPARE: {
          guard: 'offersEmail',
          actions: {
            type: 'sendChallenge',
            params: ({ event }) => ({ factor: event.factor, authenticatorId: null }),
          },
        },
        PROVE: [
          { guard: 'provesTakenAddress', target: 'taken', actions: 'tellOwner' },
          { guard: 'provesEmailWithoutPassword', target: 'passkey', actions: 'keepEvidence' },
          { guard: 'provesEmail', target: 'weighing', actions: ['keepEvidence', 'activateUser'] },
        ],
      },
    },
    weighing: {
      always: [{ guard: 'demandsEnrollment', target: 'enrollment' }, { target: 'complete' }],
    },
    enrollment: firstAuthenticator,
    passkey: {
      entry: firstAuthenticator.entry,
      on: {
        PROVE: {
          guard: 'provesFirstAuthenticator',
          target: 'weighingPasskey',
          actions: ['activateUser', ...firstAuthenticator.on.PROVE.actions],
        },
      },
    },
    weighingPasskey: {
      always: [{ guard: 'demandsUse', target: 'use' }, { target: 'complete' }],
    },
    use: {
      on: {
        PREPARE: {
          guard: 'offersPasskey',
          actions: {
            type: 'sendChallenge',
            params: { factor: FactorKind.PASSKEY, authenticatorId: null },
          },
        },
        PROVE: { guard: 'provesPasskey', target: 'weighingPasskey', actions: 'keepEvidence' },
      },
    },
    complete: {
      type: 'final',
      entry: { type: 'issueSession', params: ({ context }) => ({ evidence: context.evidence }) },
    },
    taken: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

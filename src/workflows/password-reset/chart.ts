// A forgotten password. A reset is a sign-in with a different last step: what reaches the user stands for the password
// (NIST SP 800-63B-4 section 4.2), a user with a second factor still proves it, and nothing about the stored password
// changes before a new one is chosen. It signs nobody in.
import { assign, setup } from 'xstate';
import type { Evidence } from '../../policy/evidence.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { furtherSteps, type Holdings, resetDemand, withoutPassword } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effect.ts';
import type { WorkflowEvent } from '../event.ts';
import { keptEvidence } from '../keep-evidence.ts';

export interface PasswordResetInput {
  /** What reaches the holder of the identifier; the same for an account that does not exist. */
  readonly offered: readonly FactorKind[];
  /** The address or number that was named. Null when nobody has it. */
  readonly addressId: string | null;
}

export interface PasswordResetContext extends PasswordResetInput, Holdings {
  readonly evidence: readonly Evidence[];
}

export const passwordResetChart = setup({
  types: {
    context: {} as PasswordResetContext,
    events: {} as WorkflowEvent,
    input: {} as PasswordResetInput,
  },
  guards: {
    offersFirstFactor: ({ context, event }) =>
      event.type === 'PREPARE' && context.offered.includes(event.factor),
    provesFirstFactor: ({ context, event }) =>
      event.type === 'PROVE' && context.offered.includes(event.evidence.factor),
    offersSecondFactor: ({ context, event }) =>
      event.type === 'PREPARE' && further(context, event).includes(event.factor),
    provesSecondFactor: ({ context, event }) =>
      event.type === 'PROVE' && further(context, event).includes(event.evidence.factor),
    demandsSecondFactor: ({ context }) => resetDemand(context.evidence, context) === 'SECOND_FACTOR',
    demandsAdministrator: ({ context }) => resetDemand(context.evidence, context) === 'ADMINISTRATOR',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => keptEvidence(context.evidence, event)),
  },
}).createMachine({
  id: 'password-reset',
  version: '1',
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
        { guard: 'demandsSecondFactor', target: 'secondFactor' },
        { guard: 'demandsAdministrator', target: 'administrator' },
        { target: 'newPassword' },
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
    newPassword: { on: { CHOOSE_PASSWORD: 'complete' } },
    complete: { type: 'final', entry: 'setPassword' },
    // Nothing that this user has could be the second step.
    administrator: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

function further({ evidence }: PasswordResetContext, holdings: Holdings): FactorKind[] {
  return furtherSteps(evidence, withoutPassword(holdings));
}

// Resets a forgotten password. A reset is like a sign-in with a different last step. A code or link sent to the user
// replaces the password (NIST SP 800-63B-4 section 4.2), and a user with a second factor must still prove it. The
// stored password stays unchanged until the user chooses a new one. A reset does not sign the user in.
import { assign, setup } from 'xstate';
import type { FactorKind } from '../../policy/factor-kind.ts';
import {
  type AvailableFactors,
  furtherSteps,
  resetDemand,
  withoutPassword,
} from '../../policy/required-factors.ts';
import { EFFECTS } from '../effects/declared.ts';
import type { WorkflowEvent } from '../event.ts';
import { type Gathered, keptEvidence, NOTHING_GATHERED } from '../keep-evidence.ts';
import {
  firstFactor,
  type IdentifiedInput,
  offersFirstFactor,
  provesFirstFactor,
  secondFactor,
} from '../two-steps.ts';

/** Offers the factors that reach the owner of the identifier, and never the password. */
export type PasswordResetInput = IdentifiedInput;

export interface PasswordResetContext extends PasswordResetInput, Gathered {}

export const passwordResetChart = setup({
  types: {
    context: {} as PasswordResetContext,
    events: {} as WorkflowEvent,
    input: {} as PasswordResetInput,
  },
  guards: {
    offersFirstFactor,
    provesFirstFactor,
    offersSecondFactor: ({ context, event }) =>
      event.type === 'PREPARE' && further(context, event).includes(event.factor),
    provesSecondFactor: ({ context, event }) =>
      event.type === 'PROVE' && further(context, event).includes(event.evidence.factor),
    demandsSecondFactor: ({ context }) => resetDemand(context.evidence, context) === 'SECOND_FACTOR',
    demandsNoMore: ({ context, event }) =>
      event.type === 'CHOOSE_PASSWORD' && resetDemand(context.evidence, event) === 'NOTHING',
    demandsAdministrator: ({ context }) => resetDemand(context.evidence, context) === 'ADMINISTRATOR',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => keptEvidence(context.evidence, event)),
    keepAvailableFactors: assign(({ event }) =>
      event.type === 'CHOOSE_PASSWORD' ? { enrolled: event.enrolled, first: event.first } : {},
    ),
  },
}).createMachine({
  id: 'password-reset',
  version: '1',
  context: ({ input }) => ({ ...input, ...NOTHING_GATHERED }),
  initial: 'firstFactor',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    firstFactor,
    weighing: {
      always: [
        { guard: 'demandsSecondFactor', target: 'secondFactor' },
        { guard: 'demandsAdministrator', target: 'administrator' },
        { target: 'newPassword' },
      ],
    },
    secondFactor,
    newPassword: {
      on: {
        CHOOSE_PASSWORD: [
          { guard: 'demandsNoMore', target: 'complete' },
          // A second factor was added in the meantime and must be proved too.
          { target: 'weighing', actions: 'keepAvailableFactors' },
        ],
      },
    },
    complete: { type: 'final', entry: 'setPassword' },
    // The user has no factor for the second step.
    administrator: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

function further({ evidence }: PasswordResetContext, availableFactors: AvailableFactors): FactorKind[] {
  return furtherSteps(evidence, withoutPassword(availableFactors));
}

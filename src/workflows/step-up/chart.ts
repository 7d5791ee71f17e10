// Stepping up: a session proves a factor anew, because a field demands fresher or stronger evidence than it holds
// (RFC 9470). The proof becomes evidence of that session. A session that began with a phone alone proves something of
// another category too, or its possession would never amount to AAL2.
import { assign, setup } from 'xstate';
import type { Evidence } from '../../policy/evidence.ts';
import { type Acceptable, furtherSteps, nextDemand, provable } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effect.ts';
import type { WorkflowEvent } from '../event.ts';
import { type Gathered, keptEvidence } from '../keep-evidence.ts';

export interface StepUpInput extends Acceptable {
  /** Whether the session already holds evidence that is fresh enough, so that there is nothing to prove. */
  readonly proved: boolean;
  /** What the session holds. */
  readonly evidence: readonly Evidence[];
}

export interface StepUpContext extends StepUpInput, Gathered {}

export const stepUpChart = setup({
  types: { context: {} as StepUpContext, events: {} as WorkflowEvent, input: {} as StepUpInput },
  guards: {
    provedFreshly: ({ context }) => context.proved,
    offersFactor: ({ context, event }) =>
      event.type === 'PREPARE' && provable(context, event).includes(event.factor),
    provesFactor: ({ context, event }) =>
      event.type === 'PROVE' && provable(context, event).includes(event.evidence.factor),
    offersOtherCategory: ({ context, event }) =>
      event.type === 'PREPARE' && furtherSteps(context.evidence, event).includes(event.factor),
    provesOtherCategory: ({ context, event }) =>
      event.type === 'PROVE' && furtherSteps(context.evidence, event).includes(event.evidence.factor),
    demandsOtherCategory: ({ context }) =>
      nextDemand(context.evidence, context, 'OPTIONAL') === 'SECOND_FACTOR',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => keptEvidence(context.evidence, event)),
  },
}).createMachine({
  id: 'step-up',
  version: '2',
  context: ({ input }) => ({ ...input, enrolled: [], first: [] }),
  initial: 'begin',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    begin: {
      always: [{ guard: 'provedFreshly', target: 'complete' }, { target: 'proof' }],
    },
    proof: {
      on: {
        PREPARE: {
          guard: 'offersFactor',
          actions: {
            type: 'sendChallenge',
            params: ({ event }) => ({ factor: event.factor, authenticatorId: event.authenticatorId }),
          },
        },
        PROVE: {
          guard: 'provesFactor',
          target: 'weighing',
          actions: [
            'keepEvidence',
            { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
          ],
        },
      },
    },
    weighing: {
      always: [{ guard: 'demandsOtherCategory', target: 'otherCategory' }, { target: 'complete' }],
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
          target: 'weighing',
          actions: [
            'keepEvidence',
            { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
          ],
        },
      },
    },
    complete: { type: 'final', entry: 'renewTokens' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

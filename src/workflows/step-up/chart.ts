// Stepping up: a session proves a factor anew, because a field demands fresher or stronger evidence than it holds
// (RFC 9470). The proof becomes evidence of that session.
import { setup } from 'xstate';
import { type Acceptable, provable } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effect.ts';
import type { WorkflowEvent } from '../event.ts';

export interface StepUpInput extends Acceptable {
  /** Whether the session already holds evidence that is fresh enough, so that there is nothing to prove. */
  readonly proved: boolean;
}

export const stepUpChart = setup({
  types: { context: {} as StepUpInput, events: {} as WorkflowEvent, input: {} as StepUpInput },
  guards: {
    provedFreshly: ({ context }) => context.proved,
    offersFactor: ({ context, event }) =>
      event.type === 'PREPARE' && provable(context, event.enrolled).includes(event.factor),
    provesFactor: ({ context, event }) =>
      event.type === 'PROVE' && provable(context, event.enrolled).includes(event.evidence.factor),
  },
  actions: EFFECTS,
}).createMachine({
  id: 'step-up',
  version: '1',
  context: ({ input }) => input,
  initial: 'weighing',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    weighing: {
      always: [{ guard: 'provedFreshly', target: 'complete' }, { target: 'proof' }],
    },
    proof: {
      on: {
        PREPARE: {
          guard: 'offersFactor',
          actions: { type: 'sendChallenge', params: ({ event }) => ({ factor: event.factor }) },
        },
        PROVE: {
          guard: 'provesFactor',
          target: 'complete',
          actions: { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
        },
      },
    },
    complete: { type: 'final', entry: 'renewTokens' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

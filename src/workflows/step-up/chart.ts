// Steps a session up: the user proves a factor again because a field demands fresher or stronger evidence than the
// session has (RFC 9470). The proof becomes evidence of the session. A session that began with a phone alone must also
// prove a factor of another category to reach AAL2. A step-up that is bound to one operation adds nothing to the
// session: its proof approves that operation only.
import { assign, setup } from 'xstate';
import type { Evidence } from '../../policy/evidence.ts';
import { type Acceptable, furtherSteps, nextDemand, provable } from '../../policy/required-factors.ts';
import { EFFECTS } from '../effects/declared.ts';
import type { WorkflowEvent } from '../event.ts';
import { type Gathered, keptEvidence } from '../keep-evidence.ts';

export interface StepUpInput extends Acceptable {
  /** Whether the session's evidence is already fresh enough, so that there is nothing to prove. */
  readonly proved: boolean;
  /** The evidence of the session that the token that starts the workflow gives access to. */
  readonly evidence: readonly Evidence[];
  /** How long the proof is valid for the operation. Null if the step-up is not bound to one. */
  readonly grantSeconds: number | null;
}

export interface StepUpContext extends StepUpInput, Gathered {
  /** The evidence that every later token must give access to: that of the token that started the workflow. */
  readonly opened: readonly Evidence[];
  /** The proof of a requested factor. */
  readonly proof: Evidence | null;
}

export const stepUpChart = setup({
  types: { context: {} as StepUpContext, events: {} as WorkflowEvent, input: {} as StepUpInput },
  guards: {
    provedFreshly: ({ context }) => context.proved,
    offersFactor: ({ context, event }) =>
      event.type === 'PREPARE' && provable(context, event).includes(event.factor),
    isBound: ({ context }) => context.grantSeconds !== null,
    provesFactor: ({ context, event }) => provesFactor(context, event),
    approvesByFactor: ({ context, event }) => context.grantSeconds !== null && provesFactor(context, event),
    offersOtherCategory: ({ context, event }) =>
      event.type === 'PREPARE' && furtherSteps(context.evidence, event).includes(event.factor),
    provesOtherCategory: ({ context, event }) => provesOtherCategory(context, event),
    approvesByOtherCategory: ({ context, event }) =>
      context.grantSeconds !== null && provesOtherCategory(context, event),
    demandsOtherCategory: ({ context }) =>
      nextDemand(context.evidence, context, 'OPTIONAL') === 'SECOND_FACTOR',
  },
  actions: {
    ...EFFECTS,
    keepEvidence: assign(({ context, event }) => keptEvidence(context.evidence, event)),
    keepProof: assign(({ event }) => (event.type === 'PROVE' ? { proof: event.evidence } : {})),
  },
}).createMachine({
  id: 'step-up',
  version: '4',
  context: ({ input }) => ({ ...input, opened: input.evidence, enrolled: [], first: [], proof: null }),
  initial: 'begin',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    // With a fresh proof, there is nothing to prove and nothing to issue.
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
        PROVE: [
          {
            guard: 'approvesByFactor',
            target: 'weighing',
            actions: ['keepEvidence', 'keepProof'],
          },
          {
            guard: 'provesFactor',
            target: 'weighing',
            actions: [
              'keepEvidence',
              { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
            ],
          },
        ],
      },
    },
    weighing: {
      always: [
        { guard: 'demandsOtherCategory', target: 'otherCategory' },
        {
          guard: 'isBound',
          target: 'complete',
          actions: [
            {
              type: 'grantOperation',
              params: ({ context }) => ({ proof: proofOf(context), seconds: context.grantSeconds ?? 0 }),
            },
            'renewTokens',
          ],
        },
        { target: 'complete', actions: 'renewTokens' },
      ],
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
        PROVE: [
          {
            guard: 'approvesByOtherCategory',
            target: 'weighing',
            actions: 'keepEvidence',
          },
          {
            guard: 'provesOtherCategory',
            target: 'weighing',
            actions: [
              'keepEvidence',
              { type: 'recordEvidence', params: ({ event }) => ({ evidence: event.evidence }) },
            ],
          },
        ],
      },
    },
    complete: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

function provesFactor(context: StepUpContext, event: WorkflowEvent): boolean {
  return event.type === 'PROVE' && provable(context, event).includes(event.evidence.factor);
}

function provesOtherCategory(context: StepUpContext, event: WorkflowEvent): boolean {
  return event.type === 'PROVE' && furtherSteps(context.evidence, event).includes(event.evidence.factor);
}

/** Nothing is granted without a proof. */
function proofOf({ proof }: StepUpContext): Evidence {
  if (proof === null) throw new Error('A step-up was granted without a proof.');
  return proof;
}

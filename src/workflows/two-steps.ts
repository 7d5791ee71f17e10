// The two steps of a user who has entered an identifier: a first factor, then a second one if the chart demands it. The
// sign-in and password reset charts share them. They require guards with these names, the action `keepEvidence`, and a
// state `weighing` that decides what comes next.
import type { FactorKind } from '../policy/factor-kind.ts';
import type { WorkflowEvent } from './event.ts';

export interface IdentifiedInput {
  /** The first factors on offer. They are the same for an account that does not exist. */
  readonly offered: readonly FactorKind[];
  /** The address or number that was entered, to which a first factor is sent. Null if nobody has it. */
  readonly addressId: string | null;
}

interface Asked<Event = WorkflowEvent> {
  readonly context: IdentifiedInput;
  readonly event: Event;
}

type Prepare = Extract<WorkflowEvent, { type: 'PREPARE' }>;

export function offersFirstFactor({ context, event }: Asked): boolean {
  return event.type === 'PREPARE' && context.offered.includes(event.factor);
}

export function provesFirstFactor({ context, event }: Asked): boolean {
  return event.type === 'PROVE' && context.offered.includes(event.evidence.factor);
}

export const firstFactor = {
  on: {
    PREPARE: {
      guard: 'offersFirstFactor',
      actions: {
        type: 'sendChallenge',
        params: ({ context, event }: Asked<Prepare>) => ({
          factor: event.factor,
          authenticatorId: context.addressId,
        }),
      },
    },
    PROVE: { guard: 'provesFirstFactor', target: 'weighing', actions: 'keepEvidence' },
  },
} as const;

export const secondFactor = {
  on: {
    PREPARE: {
      guard: 'offersSecondFactor',
      actions: {
        type: 'sendChallenge',
        params: ({ event }: { readonly event: Prepare }) => ({
          factor: event.factor,
          authenticatorId: event.authenticatorId,
        }),
      },
    },
    PROVE: { guard: 'provesSecondFactor', target: 'weighing', actions: 'keepEvidence' },
  },
} as const;

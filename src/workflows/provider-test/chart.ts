// A test of the identity provider of a domain: an administrator signs in there, and sees what came back. It signs nobody in and
// links nobody.
import { setup } from 'xstate';
import { FactorKind } from '../../policy/factor-kind.ts';
import { EFFECTS } from '../effects/declared.ts';
import type { WorkflowEvent } from '../event.ts';

export interface ProviderTestInput {
  readonly providerId: string;
  readonly domainId: string;
}

export const providerTestChart = setup({
  types: {
    context: {} as ProviderTestInput,
    events: {} as WorkflowEvent,
    input: {} as ProviderTestInput,
  },
  guards: {
    offersProvider: ({ event }) => event.type === 'PREPARE' && event.factor === FactorKind.OAUTH,
    provesProvider: ({ event }) => event.type === 'PROVE' && event.evidence.factor === FactorKind.OAUTH,
  },
  actions: EFFECTS,
}).createMachine({
  id: 'provider-test',
  version: '1',
  context: ({ input }) => input,
  initial: 'provider',
  on: { EXHAUST: '.failed', EXPIRE: '.expired' },
  states: {
    provider: {
      on: {
        PREPARE: {
          guard: 'offersProvider',
          actions: {
            type: 'sendChallenge',
            params: ({ event }) => ({ factor: event.factor, authenticatorId: null }),
          },
        },
        PROVE: { guard: 'provesProvider', target: 'complete' },
      },
    },
    complete: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

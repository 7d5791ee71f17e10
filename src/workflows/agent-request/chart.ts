// An agent asks its user to approve one operation. It waits, and nothing that it sends can help: the user approves or rejects
// the request in a session of their own, with a step-up that is bound to the operation.
import { setup } from 'xstate';
import type { Acceptable } from '../../policy/required-factors.ts';
import type { WorkflowEvent } from '../event.ts';

export interface AgentRequestInput extends Acceptable {
  /** How long the proof is valid for the operation. */
  readonly grantSeconds: number;
}

export const agentRequestChart = setup({
  types: { context: {} as AgentRequestInput, events: {} as WorkflowEvent, input: {} as AgentRequestInput },
}).createMachine({
  id: 'agent-request',
  version: '1',
  context: ({ input }) => input,
  initial: 'approval',
  states: {
    approval: { on: { APPROVE: 'complete', EXHAUST: 'failed', EXPIRE: 'expired' } },
    complete: { type: 'final' },
    failed: { type: 'final' },
    expired: { type: 'final' },
  },
});

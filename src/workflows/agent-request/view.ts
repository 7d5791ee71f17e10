// The request of an agent as the agent sees it.
import type { SnapshotFrom } from 'xstate';
import { viewOfEnd, type WorkflowView } from '../view.ts';
import type { agentRequestChart } from './chart.ts';

export function viewAgentRequest({ value }: SnapshotFrom<typeof agentRequestChart>): WorkflowView {
  return value === 'approval' ? { status: 'NEEDS_APPROVAL', proves: { what: 'NOTHING' } } : viewOfEnd(value);
}

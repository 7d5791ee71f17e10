// Lets the proof approve the operation that the workflow is bound to, once: for the session of the workflow, or for the agent
// whose request it approves. No session gains evidence.
import type { Evidence } from '../../policy/evidence.ts';
import { grantOperation as addGrant } from '../../sessions/operation-grant.ts';
import { approveAgentRequest } from '../agent-request/answer.ts';
import { type PerformEffect, sessionOf } from './effect.ts';

interface Params {
  readonly proof: Evidence;
  readonly seconds: number;
}

export const grantOperation: PerformEffect<Params> = ({ changes }, step, { proof, seconds }) => {
  const { operation, agentRequest } = step.row;
  if (operation === null) throw new Error('This workflow is not bound to an operation.');
  if (agentRequest !== null) {
    approveAgentRequest(changes, step, { requestId: agentRequest, digest: operation, proof, seconds });
    return {};
  }
  addGrant(
    step.unitOfWork,
    { sessionId: sessionOf(step, {}).id, digest: operation, proof },
    seconds,
    step.now,
  );
  return {};
};

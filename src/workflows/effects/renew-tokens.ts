// Issues new tokens for the session that the workflow belongs to. The approval of an agent's request changes nothing in
// them.
import { type PerformEffect, sessionOf, withAdded } from './effect.ts';

export const renewTokens: PerformEffect = ({ grants }, step, _params, outcome) => {
  if (step.row.agentRequest !== null) return {};
  return { grant: grants.renew(step.unitOfWork, withAdded(sessionOf(step, outcome), outcome), step.now) };
};

// Issues new tokens for the session that the workflow belongs to.
import { type PerformEffect, sessionOf, withAdded } from './effect.ts';

export const renewTokens: PerformEffect = ({ grants }, step, _params, outcome) => ({
  grant: grants.renew(step.unitOfWork, withAdded(sessionOf(step, outcome), outcome), step.now),
});

// Starts a session with this evidence.
import type { Evidence } from '../../policy/evidence.ts';
import { accountOf, type PerformEffect, withAdded } from './effect.ts';

interface Params {
  readonly evidence: readonly Evidence[];
}

export const issueSession: PerformEffect<Params> = ({ grants }, step, { evidence }, outcome) => {
  const { row, caller, now, unitOfWork } = step;
  const { id, tenantId, roles, secondFactorPolicy, aal2 } = accountOf(step);
  const { enrolled } = withAdded(step.available, outcome);
  const fresh = { userId: id, tenantId, roles, secondFactorPolicy, aal2, evidence, enrolled };
  const device = { token: caller.deviceToken, knownId: row.deviceId };
  return { grant: grants.issue(unitOfWork, fresh, caller.client, device, now) };
};

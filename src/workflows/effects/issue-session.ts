// Starts a session with this evidence. Evidence of a provider that has been switched off meanwhile opens nothing (I5).
import { addAudit, byUser } from '../../persistence/audit.ts';
import type { Evidence } from '../../policy/evidence.ts';
import { requireProvider } from '../captured.ts';
import { FactorNotOffered } from '../errors.ts';
import { accountOf, type PerformEffect, withAdded } from './effect.ts';

interface Params {
  readonly evidence: readonly Evidence[];
  /** Whether the browser may be remembered, because a second factor was proved. Absent: no. */
  readonly provedSecondFactor?: boolean;
}

export const issueSession: PerformEffect<Params> = (
  { grants, factors },
  step,
  { evidence, provedSecondFactor = false },
  outcome,
) => {
  const { row, caller, now, unitOfWork } = step;
  const account = accountOf(step);
  const { id, tenantId, roles, secondFactorPolicy, aal2, rememberDays } = account;
  requireProvider(account, evidence);
  const isOn = (id: string) => factors.providers.find(tenantId, id) !== null;
  if (evidence.some(({ source }) => source !== undefined && !isOn(source.providerId)))
    throw new FactorNotOffered();
  const { enrolled } = withAdded(step.available, outcome);
  const fresh = { userId: id, tenantId, roles, secondFactorPolicy, aal2, evidence, enrolled };
  const isRemembered = step.rememberBrowser === true && provedSecondFactor && rememberDays > 0;
  const remembered = isRemembered ? caller.client : null;
  const device = {
    token: caller.deviceToken,
    knownId: row.deviceId,
    knownDigest: row.device?.digest ?? null,
    remembered,
  };
  const grant = grants.issue(unitOfWork, fresh, caller.client, device, now);
  if (isRemembered) {
    const subject = {
      type: 'browser.remembered',
      tenantId,
      userId: id,
      sessionId: grant.session.id,
    } as const;
    addAudit(unitOfWork, subject, byUser(grant.session, caller.client), now);
  }
  return { grant };
};

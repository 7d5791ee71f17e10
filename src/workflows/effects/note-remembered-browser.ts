// Records in the audit log that a sign-in took no second step.
import { addAudit, byAnonymous } from '../../persistence/audit.ts';
import { accountOf, type PerformEffect } from './effect.ts';

export const noteRememberedBrowser: PerformEffect = (_services, step) => {
  const { id: userId, tenantId } = accountOf(step);
  const subject = { type: 'sign-in.on-remembered-browser', tenantId, userId, sessionId: null } as const;
  addAudit(step.unitOfWork, subject, byAnonymous(step.caller.client), step.now);
  return {};
};

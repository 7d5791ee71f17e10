// Activates the new authenticator after the user has proved it.
import { addNotice } from '../../delivery/notices.ts';
import { nameOfFactor } from '../../factors/registry.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { type PerformEffect, sessionOf } from './effect.ts';

interface Params {
  readonly factor: FactorKind;
  readonly authenticatorId: string;
  /** False for a phone number that only identifies the user. */
  readonly isSecondFactor: boolean;
}

export const confirmAuthenticator: PerformEffect<Params> = (
  { factors, outbox },
  step,
  { authenticatorId: id, factor, isSecondFactor },
  { added = [], confirmed = [] },
) => {
  const { unitOfWork, now, caller } = step;
  factors.enrollmentOf(factor).confirm(unitOfWork, { id, isSecondFactor, now });
  if (factor === FactorKind.OAUTH) {
    // The message names the provider, so its proof brings it.
    const session = sessionOf(step, {});
    const { tenantId, userId, id: sessionId } = session;
    const subject = { type: 'identity.linked', tenantId, userId, sessionId, factor } as const;
    addAudit(unitOfWork, subject, byUser(session, caller.client), now);
  } else {
    addNotice(outbox, step, { name: 'factor-added', factor: nameOfFactor(factor) });
  }
  return { confirmed: [...confirmed, id], ...(isSecondFactor ? { added: [...added, factor] } : {}) };
};

// Activates the new authenticator after the user has proved it.
import { addNotice } from '../../delivery/notices.ts';
import type { Account } from '../../factors/account.ts';
import { nameOfFactor } from '../../factors/registry.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { accountOf, type PerformEffect, sessionOf } from './effect.ts';

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
  const { confirm, announced } = factors.enrollmentOf(factor);
  confirm(unitOfWork, { id, isSecondFactor, now });
  const account = withAddress(accountOf(step), id);
  const notice = announced
    ? announced.notice(account, id)
    : ({ name: 'factor-added', factor: nameOfFactor(factor) } as const);
  if (notice !== null) addNotice(outbox, { account, unitOfWork, now }, notice);
  if (announced) {
    const session = sessionOf(step, {});
    const { tenantId, userId, id: sessionId } = session;
    const subject = { type: announced.audit, tenantId, userId, sessionId, factor };
    addAudit(unitOfWork, subject, byUser(session, caller.client), now);
  }
  return { confirmed: [...confirmed, id], ...(isSecondFactor ? { added: [...added, factor] } : {}) };
};

/** The account with the address that this step verifies, if it does, so that it is written to as well. */
function withAddress(account: Account, id: string): Account {
  const emails = account.emails.map((one) => (one.id === id ? { ...one, verified: true } : one));
  return { ...account, emails };
}

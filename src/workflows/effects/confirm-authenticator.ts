// Activates the new authenticator after the user has proved it.
import { addNotice } from '../../delivery/notices.ts';
import { nameOfFactor } from '../../factors/registry.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { PerformEffect } from './effect.ts';

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
  const { unitOfWork, now } = step;
  factors.enrollmentOf(factor).confirm(unitOfWork, { id, isSecondFactor, now });
  addNotice(outbox, step, { name: 'factor-added', factor: nameOfFactor(factor) });
  return { confirmed: [...confirmed, id], ...(isSecondFactor ? { added: [...added, factor] } : {}) };
};

// Creates the secret of a new authenticator, which does not count until the user has proved it.
import type { FactorKind } from '../../policy/factor-kind.ts';
import { accountOf, type PerformEffect } from './effect.ts';

interface Params {
  readonly factor: FactorKind;
  readonly authenticatorId: string;
  readonly label: string | null;
}

export const createAuthenticator: PerformEffect<Params> = (
  { factors },
  step,
  { factor, authenticatorId: id, label },
) => {
  const { unitOfWork, now } = step;
  const userId = accountOf(step).id;
  const begun = factors.enrollmentOf(factor).begin(unitOfWork, { id, userId, label, now });
  return begun === null ? {} : { enrolling: { id, factor, ...begun } };
};

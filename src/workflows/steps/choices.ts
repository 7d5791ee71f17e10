// The factors that can be proved now, as the client sees them.
import type { FactorChoice, FactorRole } from '../../factors/factor.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { furtherSteps, provable, withoutPassword } from '../../policy/required-factors.ts';
import type { Proves } from '../view.ts';
import type { Step } from './step.ts';

type User = Pick<Step, 'account' | 'available'> & { readonly row: Pick<Step['row'], 'tenantId'> };

export function choices(factors: FactorRegistry, proves: Proves, user: User): FactorChoice[] {
  switch (proves.what) {
    case 'ANY_OF':
    case 'ANYBODYS': {
      const providerId = proves.what === 'ANYBODYS' ? (proves.providerId ?? null) : null;
      return proves.factors.flatMap(
        (factor) =>
          factors.get(factor)?.choices?.(user.row.tenantId, providerId) ?? [
            choice(factors, factor, null, null),
          ],
      );
    }
    case 'FURTHER': {
      const available = proves.forgotPassword ? withoutPassword(user.available) : user.available;
      return owned(factors, user, furtherSteps(proves.evidence, available));
    }
    case 'OWN':
      return owned(
        factors,
        user,
        provable(proves.acceptable, user.available),
        proves.acceptable.acceptsFirst ? 'FIRST' : 'SECOND',
      );
    case 'NEW': {
      const { factor, authenticatorId } = proves;
      const { account } = user;
      const enrollment = factors.get(factor)?.enrollment;
      const hint = (account && enrollment?.hint(account, authenticatorId)) ?? null;
      const ofProvider = factors.get(factor)?.choices?.(user.row.tenantId, proves.providerId ?? '');
      if (ofProvider) return ofProvider;
      const shown = choice(factors, factor, authenticatorId, hint);
      return [enrollment?.isChallengedByMaterial ? { ...shown, needsPreparing: false } : shown];
    }
    case 'NOTHING':
      return [];
  }
}

/** @param role of factors that are not enrolled second factors. */
function owned(
  factors: FactorRegistry,
  { account, available: { enrolled } }: User,
  kinds: readonly FactorKind[],
  role: FactorRole = 'FIRST',
): FactorChoice[] {
  if (account === null) return [];
  return kinds.flatMap((kind) => factors.options(account, enrolled.includes(kind) ? 'SECOND' : role, kind));
}

function choice(
  factors: FactorRegistry,
  factor: FactorKind,
  authenticatorId: string | null,
  hint: string | null,
): FactorChoice {
  return { factor, authenticatorId, hint, needsPreparing: factors.get(factor)?.needsPreparing ?? false };
}

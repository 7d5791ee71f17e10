// The factors that can be proved now, as the client sees them.
import type { Account } from '../../factors/account.ts';
import type { FactorChoice } from '../../factors/factor.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { furtherSteps, provable, withoutPassword } from '../../policy/required-factors.ts';
import type { Proves } from '../view.ts';

export function choices(factors: FactorRegistry, proves: Proves, account: Account | null): FactorChoice[] {
  switch (proves.what) {
    case 'ANY_OF':
      return proves.factors.map((factor) => choice(factors, factor, null, null));
    case 'FURTHER': {
      const held = factors.availableFactors(account);
      const availableFactors = proves.forgotPassword ? withoutPassword(held) : held;
      return owned(factors, account, furtherSteps(proves.evidence, availableFactors));
    }
    case 'OWN':
      return owned(factors, account, provable(proves.acceptable, factors.availableFactors(account)));
    case 'NEW': {
      const { factor, authenticatorId } = proves;
      const hint = account && factors.get(factor)?.enrollment?.hint(account, authenticatorId);
      return [choice(factors, factor, authenticatorId, hint ?? null)];
    }
    case 'NOTHING':
      return [];
  }
}

/** Enrolled second factors are listed as such, and all others as first factors. */
function owned(
  factors: FactorRegistry,
  account: Account | null,
  kinds: readonly FactorKind[],
): FactorChoice[] {
  if (account === null) return [];
  const { enrolled } = factors.availableFactors(account);
  return kinds.flatMap((kind) =>
    factors.options(account, enrolled.includes(kind) ? 'SECOND' : 'FIRST', kind),
  );
}

function choice(
  factors: FactorRegistry,
  factor: FactorKind,
  authenticatorId: string | null,
  hint: string | null,
): FactorChoice {
  return { factor, authenticatorId, hint, needsPreparing: factors.get(factor)?.needsPreparing ?? false };
}

// What an effect is: it adds its writes to the step's unit of work, and leaves what the reply shows. Nothing is sent or
// visible before the step commits.
import type { Outbox } from '../../delivery/outbox.ts';
import type { Account } from '../../factors/account.ts';
import type { NewPassword } from '../../factors/password/change.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { Grants } from '../../sessions/grants.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Step } from '../steps/step.ts';
import type { Outcome } from './outcome.ts';

export interface EffectServices {
  readonly ring: KeyRing;
  readonly factors: FactorRegistry;
  readonly outbox: Outbox;
  readonly grants: Grants;
}

/** What a step knows that no snapshot may hold. */
export interface Given {
  /** Where a challenge of this step goes, masked, for a client that may know. */
  readonly hint?: string | null;
  /** The password that was chosen in this step. */
  readonly newPassword?: NewPassword | null;
}

/**
 * One effect.
 * @param params what the chart says, as data.
 * @param outcome what the effects before it in the same step have left.
 */
export type PerformEffect<Params = undefined> = (
  services: EffectServices,
  step: Step & Given,
  params: Params,
  outcome: Outcome,
) => Outcome;

/** The account of a step that changes one. A decoy has none, and no chart leads it there. */
export function accountOf({ account }: Pick<Step, 'account'>): Account {
  if (account === null) throw new Error('A decoy has no effects on an account.');
  return account;
}

/** The session that the workflow belongs to, as the step leaves it. */
export function sessionOf(
  { row, caller }: Step,
  { session = caller.session ?? undefined }: Outcome,
): PresentedSession {
  if (row.sessionId === null || session === undefined) throw new Error('This effect belongs to a session.');
  return session;
}

/** What was read before this step knows nothing of what the step adds, but its tokens must. */
export function withAdded<T extends { readonly enrolled: readonly FactorKind[] }>(
  holder: T,
  { added = [] }: Outcome,
): T {
  return { ...holder, enrolled: [...new Set([...holder.enrolled, ...added])] };
}

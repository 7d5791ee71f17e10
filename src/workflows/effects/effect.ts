// The contract of an effect. It adds its writes to the step's unit of work and returns what the reply shows. Nothing is
// sent or visible before the step commits.
import type { Outbox } from '../../delivery/outbox.ts';
import type { Account } from '../../factors/account.ts';
import type { NewIdentity } from '../../factors/oauth/proven-identity.ts';
import type { NewPassword } from '../../factors/password/change.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import type { WorkflowChanges } from '../../persistence/workflow-changes.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { Grants } from '../../sessions/grants.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Step } from '../steps/step.ts';
import type { Outcome } from './outcome.ts';

export interface EffectServices {
  readonly changes: WorkflowChanges;
  readonly ring: KeyRing;
  readonly factors: FactorRegistry;
  readonly outbox: Outbox;
  readonly grants: Grants;
}

/** Values of a step that must not be in a snapshot. */
export interface Given {
  /** What the factor of this step’s challenge has gathered for it. */
  readonly gathered?: object | null;
  /** The identity at a provider that this step has proved and may link. */
  readonly links?: NewIdentity | null;
  /** The masked recipient of this step's challenge, for a client that may see it. */
  readonly hint?: string | null;
  /** Whether nothing has been proved before this step. */
  readonly isFirst?: boolean;
  /** The password that the user chose in this step. */
  readonly newPassword?: NewPassword | null;
  /** Whether the person wants this browser to be remembered. */
  readonly rememberBrowser?: boolean;
}

/**
 * Performs one effect.
 * @param params from the chart.
 * @param outcome the results of the earlier effects of this step.
 */
export type PerformEffect<Params = undefined> = (
  services: EffectServices,
  step: Step & Given,
  params: Params,
  outcome: Outcome,
) => Outcome;

/** The account of a step that changes one. Charts never lead a decoy to such a step. */
export function accountOf({ account }: Pick<Step, 'account'>): Account {
  if (account === null) throw new Error('A decoy has no effects on an account.');
  return account;
}

/** The session that the workflow belongs to, with the changes of this step. */
export function sessionOf(
  { row, caller }: Step,
  { session = caller.session ?? undefined }: Outcome,
): PresentedSession {
  if (row.sessionId === null || session === undefined) throw new Error('This effect requires a session.');
  return session;
}

/** Adds the factors that the user gains in this step to those read before it, so that new tokens name them. */
export function withAdded<T extends { readonly enrolled: readonly FactorKind[] }>(
  holder: T,
  { added = [] }: Outcome,
): T {
  return { ...holder, enrolled: [...new Set([...holder.enrolled, ...added])] };
}

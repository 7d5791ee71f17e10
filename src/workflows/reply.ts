// A workflow as its client sees it after a step.
import type { Account } from '../factors/account.ts';
import type { FactorChoice } from '../factors/factor.ts';
import type { FactorRegistry } from '../factors/registry.ts';
import { readTime } from '../platform/clock.ts';
import { digest } from '../platform/digest.ts';
import type { KeyRing } from '../platform/key-ring.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { furtherSteps, provable, withoutPassword } from '../policy/required-factors.ts';
import type { Grants, SessionGrant } from '../sessions/grants.ts';
import { openApproves } from './approves.ts';
import type { ChartName } from './charts.ts';
import type { Outcome } from './effects.ts';
import type { SentChallenge } from './store.ts';
import type { Proves, WorkflowView } from './view.ts';

export interface WorkflowReply {
  readonly name: ChartName;
  /** The bearer id. It is stored nowhere; only its digest is. */
  readonly id: string;
  readonly view: WorkflowView;
  readonly factors: readonly FactorChoice[];
  readonly challenge: OutstandingChallenge | null;
  readonly expiresAt: Date;
  readonly account: Account | null;
  /** The authenticator that is being enrolled, as it is stored. */
  readonly enrolling: { readonly id: string; readonly secret: string } | null;
  readonly grant: SessionGrant | null;
  /** What the operation that it is bound to does, in words. */
  readonly approves: string | null;
  readonly backupCodes: readonly string[] | null;
}

export interface OutstandingChallenge {
  readonly factor: FactorKind;
  readonly hint: string | null;
  readonly sentAt: Date;
  readonly expiresAt: Date;
  /** Of a link: when its visitor said yes. */
  readonly approvedAt: Date | null;
}

interface Standing {
  readonly id: string;
  readonly name: ChartName;
  readonly view: WorkflowView;
  readonly expiresAt: Date;
  readonly account: Account | null;
  readonly challenges: readonly SentChallenge[];
  /** Sealed. */
  readonly approves: string | null;
  readonly now: Date;
}

interface Services {
  readonly ring: KeyRing;
  readonly factors: FactorRegistry;
  readonly grants: Grants;
}

/** @param outcome what the step's effects left; empty when the workflow was only read. */
export async function presentWorkflow(
  { factors, grants, ring }: Services,
  { id, name, view, expiresAt, account, challenges, approves, now }: Standing,
  outcome: Outcome,
): Promise<WorkflowReply> {
  const offered = choices(factors, view.proves, account);
  return {
    id,
    name,
    view,
    expiresAt,
    account,
    factors: offered,
    challenge: outcome.challenge ?? outstanding(challenges, offered, now),
    enrolling: outcome.enrolling ?? enrolling(view.proves, account),
    approves: openApproves(ring, digest(id), approves),
    grant: outcome.grant === undefined ? null : await grants.sign(outcome.grant, now),
    backupCodes: outcome.backupCodes ?? null,
  };
}

/** What may be proved now. */
export function choices(factors: FactorRegistry, proves: Proves, account: Account | null): FactorChoice[] {
  switch (proves.what) {
    case 'ANY_OF':
      return proves.factors.map((factor) => choice(factors, factor, null, null));
    case 'FURTHER': {
      const held = factors.holdings(account);
      const holdings = proves.forgotPassword ? withoutPassword(held) : held;
      return owned(factors, account, furtherSteps(proves.evidence, holdings));
    }
    case 'OWN':
      return owned(factors, account, provable(proves.acceptable, factors.holdings(account)));
    case 'NEW': {
      const { factor, authenticatorId } = proves;
      const hint = account && factors.get(factor)?.enrollment?.hint(account, authenticatorId);
      return [choice(factors, factor, authenticatorId, hint ?? null)];
    }
    case 'NOTHING':
      return [];
  }
}

/** A second factor as the user enrolled it; anything else as what it is, a first factor. */
function owned(
  factors: FactorRegistry,
  account: Account | null,
  kinds: readonly FactorKind[],
): FactorChoice[] {
  if (account === null) return [];
  const { enrolled } = factors.holdings(account);
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

function outstanding(
  challenges: readonly SentChallenge[],
  offered: readonly FactorChoice[],
  now: Date,
): OutstandingChallenge | null {
  const [newest] = challenges
    .filter((one) => !one.consumed && readTime(one.expiresAt) > now)
    .filter((one) => offered.some(({ factor }) => factor === one.factor))
    .toSorted((one, other) => other.sentAt.localeCompare(one.sentAt));
  if (newest === undefined) return null;
  const { factor, hint, sentAt, expiresAt, approvedAt } = newest;
  return {
    factor,
    hint,
    sentAt: readTime(sentAt),
    expiresAt: readTime(expiresAt),
    approvedAt: approvedAt === null ? null : readTime(approvedAt),
  };
}

function enrolling(proves: Proves, account: Account | null): { id: string; secret: string } | null {
  if (proves.what !== 'NEW') return null;
  return account?.authenticators.find((one) => one.id === proves.authenticatorId && !one.confirmed) ?? null;
}

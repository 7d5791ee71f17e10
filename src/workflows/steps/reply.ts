// A workflow as the client sees it after a step.
import type { AnyMachineSnapshot } from 'xstate';
import type { Account } from '../../factors/account.ts';
import type { FactorChoice } from '../../factors/factor.ts';
import type { UnprovedAuthenticator } from '../../factors/factor-enrollment.ts';
import { readTime } from '../../platform/clock.ts';
import type { SessionGrant } from '../../sessions/grants.ts';
import { openApproves } from '../approves.ts';
import type { ChartName } from '../chart-name.ts';
import { viewOf } from '../charts.ts';
import type { Outcome, OutstandingChallenge, TestReport } from '../effects/outcome.ts';
import type { Proves, WorkflowView } from '../view.ts';
import { choices } from './choices.ts';
import type { SentChallenge } from './row.ts';
import type { StepServices } from './services.ts';
import type { Step } from './step.ts';

export interface WorkflowReply {
  readonly name: ChartName;
  /** The bearer id. Only its digest is stored. */
  readonly id: string;
  readonly view: WorkflowView;
  readonly factors: readonly FactorChoice[];
  readonly challenge: OutstandingChallenge | null;
  readonly expiresAt: Date;
  readonly account: Account | null;
  /** The authenticator that is being enrolled, as it is stored. */
  readonly enrolling: UnprovedAuthenticator | null;
  readonly grant: SessionGrant | null;
  /** A description of the operation that the workflow is bound to. */
  readonly approves: string | null;
  readonly backupCodes: readonly string[] | null;
  /** Of a test of an identity provider, in the reply to its last step. */
  readonly report: TestReport | null;
}

/**
 * @param snapshot the state after the step.
 * @param outcome the results of the step's effects. Empty if the workflow was only read.
 */
export async function present(
  { factors, grants, ring }: Pick<StepServices, 'factors' | 'grants' | 'ring'>,
  step: Step,
  snapshot: AnyMachineSnapshot,
  outcome: Outcome = {},
): Promise<WorkflowReply> {
  const { id, name, row, account, now } = step;
  const view = viewOf(name, snapshot);
  const shown = choices(factors, view.proves, step);
  return {
    id,
    name,
    view,
    expiresAt: row.expiresAt,
    account,
    factors: shown,
    challenge: outcome.challenge ?? outstanding(row.challenges, shown, now),
    enrolling: outcome.enrolling ?? enrolling(view.proves, account),
    approves: openApproves(ring, row.id, row.approves),
    grant: outcome.grant === undefined ? null : await grants.sign(outcome.grant, now),
    backupCodes: outcome.backupCodes ?? null,
    report: outcome.report ?? null,
  };
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
  const { factor, hint, sentAt, expiresAt, approvedAt, request } = newest;
  return {
    factor,
    hint,
    request,
    sentAt: readTime(sentAt),
    expiresAt: readTime(expiresAt),
    approvedAt: approvedAt === null ? null : readTime(approvedAt),
  };
}

function enrolling(proves: Proves, account: Account | null): UnprovedAuthenticator | null {
  if (proves.what !== 'NEW') return null;
  return account?.authenticators.find((one) => one.id === proves.authenticatorId && !one.confirmed) ?? null;
}

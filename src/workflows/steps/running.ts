// Restores the chart of a stored workflow, or throws the reason why it cannot take a step.
import { transition } from 'xstate';
import { hasShortBackupCodes } from '../../factors/account.ts';
import { readTime, secondsOf } from '../../platform/clock.ts';
import { ANONYMOUS } from '../../policy/decision.ts';
import { type Evidence, holdsAll } from '../../policy/evidence.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { isClosed, throttleOf } from '../../policy/lockout.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import { RefusalError, type TokenFault } from '../../step-up/refusal-error.ts';
import { type ChartName, isChartName } from '../chart-name.ts';
import { chartOf } from '../charts.ts';
import { LockedOut, WorkflowEnded, WorkflowExpired, WorkflowNotFound } from '../errors.ts';
import type { WorkflowRow } from './row.ts';
import type { Running } from './step.ts';

interface Asking {
  readonly session: PresentedSession | null;
  readonly tokenFault: TokenFault | null;
}

/**
 * @returns a workflow that can take a step: it is open to the caller and has neither expired nor ended.
 * @throws {UserError} the reason why it cannot.
 * @throws {RefusalError} when the workflow belongs to a session and nobody is signed in.
 */
export function runningOf(row: WorkflowRow | null, { session, tokenFault }: Asking, now: Date): Running {
  if (row === null || !isChartName(row.chart)) throw new WorkflowNotFound();
  if (row.sessionId !== null && session === null) throw new RefusalError(ANONYMOUS, tokenFault);
  const running = restore(row, row.chart, now);
  if (!isOpenTo(running, session)) throw new WorkflowNotFound();
  if (running.snapshot.value === 'expired') throw new WorkflowExpired();
  if (running.snapshot.status !== 'active') throw new WorkflowEnded();
  return running;
}

/** @throws {LockedOut} when guesses at one of these factors are locked for the subject of the workflow. */
export function refuseLocked(
  { locks, account }: WorkflowRow,
  factors: readonly FactorKind[],
  now: Date,
): void {
  const counters = factors.map((factor) => {
    const throttle = throttleOf(factor);
    const isHarmless = throttle?.target === 'SHORT_BACKUP_CODES' && !hasShortBackupCodes(account);
    return isHarmless ? null : throttle?.counter;
  });
  for (const { counter, failures, lockedUntil } of locks) {
    const left = readTime(lockedUntil).getTime() - now.getTime();
    if (left <= 0 || !counters.includes(counter)) continue;
    throw new LockedOut(isClosed(failures) ? null : Math.ceil(left / 1000));
  }
}

/**
 * The factors proved in this workflow so far. When they are redeemed, their locks are checked again, so that a new lock
 * also stops workflows in progress.
 */
export function provedSoFar({ row, snapshot }: Running): FactorKind[] {
  // Earlier evidence is the session's own, which was redeemed when the session began.
  const startedAt = secondsOf(row.createdAt);
  return evidenceBefore({ snapshot })
    .filter((one) => one.completedAt >= startedAt)
    .map((one) => one.factor);
}

/** The evidence that the workflow has before this step, with that of its session. */
export function evidenceBefore({ snapshot }: Pick<Running, 'snapshot'>): readonly Evidence[] {
  const { evidence = [] } = snapshot.context as { readonly evidence?: readonly Evidence[] };
  return evidence;
}

/**
 * Whether the caller may use a workflow. Anybody who has its id may, unless it belongs to a session. Then only that
 * session may, with a token that gives access to at least the evidence of the token that started the workflow.
 */
export function isOpenTo({ row, snapshot }: Running, session: PresentedSession | null): boolean {
  if (row.sessionId === null) return true;
  const { opened = [] } = snapshot.context as { readonly opened?: readonly Evidence[] };
  return row.sessionId === session?.id && holdsAll(session.evidence, opened);
}

/** Restores the chart. A workflow that is past its deadline or of an older chart version has expired. */
export function restore(row: WorkflowRow, name: ChartName, now: Date): Running {
  const chart = chartOf(name);
  if (row.machineVersion !== chart.version) {
    return { row, name, chart, snapshot: chart.resolveState({ value: 'expired', context: {} }) };
  }
  const snapshot = chart.resolveState(row.snapshot as never);
  const isOver = snapshot.status === 'active' && row.expiresAt <= now;
  const current = isOver ? transition(chart, snapshot, { type: 'EXPIRE' })[0] : snapshot;
  return { row, name, chart, snapshot: current };
}

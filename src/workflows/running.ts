// From a stored row to a chart that can take a step, or the reason why it cannot.
import { type AnyMachineSnapshot, type AnyStateMachine, transition } from 'xstate';
import { ANONYMOUS } from '../policy/decision.ts';
import { isClosed } from '../policy/lockout.ts';
import type { ActiveSession } from '../sessions/session.ts';
import { RefusalError, type TokenFault } from '../step-up/refusal-error.ts';
import { type ChartName, chartOf, isChartName } from './charts.ts';
import { LockedOut, WorkflowEnded, WorkflowExpired, WorkflowNotFound } from './errors.ts';
import type { WorkflowRow } from './store.ts';

export interface Running {
  readonly row: WorkflowRow;
  readonly name: ChartName;
  readonly chart: AnyStateMachine;
  readonly snapshot: AnyMachineSnapshot;
}

interface Asking {
  readonly session: ActiveSession | null;
  readonly tokenFault: TokenFault | null;
}

/**
 * A workflow that can take a step: it is the caller's, its deadline is ahead and its chart has not ended.
 * @throws a UserError that says why not, or the refusal of somebody who is not signed in.
 */
export function runningOf(row: WorkflowRow | null, { session, tokenFault }: Asking, now: Date): Running {
  if (row === null || !isChartName(row.chart)) throw new WorkflowNotFound();
  if (row.sessionId !== null && session === null) throw new RefusalError(ANONYMOUS, tokenFault);
  if (row.sessionId !== null && row.sessionId !== session?.id) throw new WorkflowNotFound();
  const running = restore(row, row.chart, now);
  if (running.snapshot.value === 'expired') throw new WorkflowExpired();
  if (running.snapshot.status !== 'active') throw new WorkflowEnded();
  if (row.lockedUntil !== null && row.lockedUntil > now) {
    const seconds = Math.ceil((row.lockedUntil.getTime() - now.getTime()) / 1000);
    throw new LockedOut(isClosed(row.failures) ? null : seconds);
  }
  return running;
}

/** The chart as it was left. Past its deadline, or of an older version, it takes EXPIRE before anything else. */
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

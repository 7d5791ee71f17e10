// One step of one workflow: what was read, who asks, when, and everything that the step will write. It is made once, and
// handed on.
import { type AnyMachineSnapshot, type AnyStateMachine, transition } from 'xstate';
import type { Account } from '../../factors/account.ts';
import { jsonb } from '../../persistence/jsonb.ts';
import type { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { AvailableFactors } from '../../policy/required-factors.ts';
import type { Caller } from '../caller.ts';
import type { ChartName } from '../chart-name.ts';
import { FactorNotOffered } from '../errors.ts';
import type { WorkflowEvent } from '../event.ts';
import type { WorkflowRow } from './row.ts';

/** A workflow that was read, with its chart as it was left. */
export interface Running {
  readonly row: WorkflowRow;
  readonly name: ChartName;
  readonly chart: AnyStateMachine;
  readonly snapshot: AnyMachineSnapshot;
}

export interface Step extends Running {
  /** The bearer id, which only the client keeps: the row is stored under its digest. */
  readonly id: string;
  /** Null for a decoy. */
  readonly account: Account | null;
  /** What the user could prove now. */
  readonly available: AvailableFactors;
  readonly caller: Caller;
  readonly now: Date;
  readonly unitOfWork: UnitOfWork;
}

/** Asks the chart. @throws {FactorNotOffered} when it does not wait for this event. */
export function take({ chart, snapshot }: Step, event: WorkflowEvent) {
  if (!snapshot.can(event)) throw new FactorNotOffered();
  return transition(chart, snapshot, event);
}

/**
 * Writes the next snapshot, on the revision that was read and no other.
 * @param attempts -1 gives back the attempt of a right proof.
 */
export function advance(
  { row, chart, unitOfWork }: Step,
  next: AnyMachineSnapshot,
  attempts: 0 | -1 = 0,
): void {
  unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('workflow')
      .set((it) => ({
        snapshot: jsonb<object>(chart.getPersistedSnapshot(next)),
        revision: row.revision + 1,
        attempts: it('attempts', '+', attempts),
      }))
      .where('id', '=', row.id)
      .where('revision', '=', row.revision)
      .returning('id'),
  );
}

/** How a chart has ended; null while it takes further steps. */
export function endOf({ status, value }: AnyMachineSnapshot): 'complete' | 'failed' | null {
  if (status !== 'done') return null;
  return value === 'complete' ? 'complete' : 'failed';
}

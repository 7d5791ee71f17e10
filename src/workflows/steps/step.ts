// One step of a workflow: what was read, the caller, the time, and everything that the step will write. It is created
// once and passed on.
import { type AnyMachineSnapshot, type AnyStateMachine, transition } from 'xstate';
import type { Account } from '../../factors/account.ts';
import { jsonText } from '../../persistence/jsonb.ts';
import { statement } from '../../persistence/statement.ts';
import type { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { AvailableFactors } from '../../policy/required-factors.ts';
import type { Caller } from '../caller.ts';
import type { ChartName } from '../chart-name.ts';
import { FactorNotOffered } from '../errors.ts';
import type { WorkflowEvent } from '../event.ts';
import type { WorkflowRow } from './row.ts';

/** A workflow with its restored chart. */
export interface Running {
  readonly row: WorkflowRow;
  readonly name: ChartName;
  readonly chart: AnyStateMachine;
  readonly snapshot: AnyMachineSnapshot;
}

export interface Step extends Running {
  /** The bearer id. Only the client has it. The row is stored under its digest. */
  readonly id: string;
  /** Null for a decoy. */
  readonly account: Account | null;
  /** The factors that the user can prove now. */
  readonly available: AvailableFactors;
  readonly caller: Caller;
  readonly now: Date;
  readonly unitOfWork: UnitOfWork;
}

/** Asks the chart. @throws {FactorNotOffered} when it does not accept this event. */
export function take({ chart, snapshot }: Step, event: WorkflowEvent) {
  if (!snapshot.can(event)) throw new FactorNotOffered();
  return transition(chart, snapshot, event);
}

/**
 * Writes the next snapshot, if the revision is still the one that was read.
 * @param attempts -1 gives back the attempt of a correct proof.
 */
export function advance(step: Step, next: AnyMachineSnapshot, attempts: 0 | -1 = 0): void {
  step.unitOfWork.requireWrite(ADVANCE(advanceOf(step, next, attempts)));
}

/** The same, for a step whose proof has said who the user is. From now on the workflow is theirs. */
export function advanceIdentified(step: Step, next: AnyMachineSnapshot, attempts: 0 | -1): void {
  const { account, row, unitOfWork } = step;
  const owner = { userId: account?.id ?? null, subject: row.subject, deviceId: row.deviceId };
  unitOfWork.requireWrite(ADVANCE_IDENTIFIED({ ...advanceOf(step, next, attempts), ...owner }));
}

function advanceOf({ row, chart }: Step, next: AnyMachineSnapshot, attempts: number): Advance {
  return {
    id: row.id,
    revision: row.revision,
    next: row.revision + 1,
    attempts,
    snapshot: jsonText<object>(chart.getPersistedSnapshot(next)),
  };
}

interface Advance {
  readonly id: string;
  readonly revision: number;
  readonly next: number;
  readonly attempts: number;
  readonly snapshot: object;
}

const ADVANCE = statement((sql, { id, revision, next, attempts, snapshot }: Advance) =>
  sql
    .updateTable('workflow')
    .set((it) => ({ snapshot, revision: next, attempts: it('attempts', '+', attempts) }))
    .where('id', '=', id)
    .where('revision', '=', revision)
    .returning('id'),
);

interface AdvanceIdentified extends Advance {
  readonly userId: string | null;
  readonly subject: string;
  readonly deviceId: string | null;
}

const ADVANCE_IDENTIFIED = statement(
  (sql, { id, revision, next, attempts, snapshot, userId, subject, deviceId }: AdvanceIdentified) =>
    sql
      .updateTable('workflow')
      .set((it) => ({
        snapshot,
        revision: next,
        attempts: it('attempts', '+', attempts),
        user_id: userId,
        subject,
        device_id: deviceId,
      }))
      .where('id', '=', id)
      .where('revision', '=', revision)
      .where('user_id', 'is', null)
      .returning('id'),
);

/** How a chart has ended, or null if it has not. */
export function endOf({ status, value }: AnyMachineSnapshot): 'complete' | 'failed' | null {
  if (status !== 'done') return null;
  return value === 'complete' ? 'complete' : 'failed';
}

// One step of a workflow, from the row that was read to what is written when it settles.
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { addAudit, byAnonymous, byUser } from '../persistence/audit.ts';
import { jsonb } from '../persistence/jsonb.ts';
import { Settlement } from '../persistence/settlement.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Caller } from './caller.ts';
import type { ChartName } from './charts.ts';
import type { BoundTo, Step } from './effects.ts';
import type { WorkflowRow } from './store.ts';

/** Every chart records these about its runs. */
type WorkflowAuditType = `${ChartName}.${'proof-accepted' | 'proof-rejected' | 'complete' | 'failed'}`;

/** What the effects of a step know of it. */
export function stepOf(
  row: Pick<WorkflowRow, 'id' | 'account' | 'sessionId' | 'deviceId'> & {
    readonly name: ChartName;
    readonly operation: BoundTo | null;
  },
  { client, session, deviceToken }: Caller,
  now: Date,
  settlement: Settlement,
): Step {
  return {
    workflowId: row.id,
    name: row.name,
    account: row.account,
    session: row.sessionId === null ? null : session,
    client,
    device: { token: deviceToken, knownId: row.deviceId },
    hint: null,
    operation: row.operation,
    newPassword: null,
    now,
    settlement,
  };
}

/** Begins a settlement with the next snapshot, on the revision that was read and no other. */
export function settlementOf(
  row: WorkflowRow,
  chart: AnyStateMachine,
  next: AnyMachineSnapshot,
  attempts: 0 | -1 = 0,
): Settlement {
  const settlement = new Settlement();
  settlement.requireWrite((sql) =>
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
  return settlement;
}

/** How a chart has ended; null while it takes further steps. */
export function endOf({ status, value }: AnyMachineSnapshot): 'complete' | 'failed' | null {
  if (status !== 'done') return null;
  return value === 'complete' ? 'complete' : 'failed';
}

export function audit(
  settlement: Settlement,
  { tenantId, account, sessionId: drivenBy }: WorkflowRow,
  type: WorkflowAuditType,
  factor: FactorKind | null,
  sessionId: string | null,
  { client }: Caller,
  now: Date,
): void {
  const userId = account?.id ?? null;
  // Until a workflow outside a session completes, nobody has proved to be its user.
  const isUser = userId !== null && (drivenBy !== null || type.endsWith('.complete'));
  const actor = isUser ? byUser({ id: drivenBy ?? sessionId, userId }, client) : byAnonymous(client);
  addAudit(settlement, { type, tenantId, userId, sessionId, factor }, actor, now);
}

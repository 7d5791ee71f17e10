// One step of a workflow, from the row that was read to what is written when it settles.
import type { AnyMachineSnapshot, AnyStateMachine } from 'xstate';
import { type AuditActor, addAudit, byAnonymous, byUser } from '../persistence/audit.ts';
import type { WorkflowAuditWord } from '../persistence/audit-type.ts';
import { jsonb } from '../persistence/jsonb.ts';
import type { RefusalTally } from '../persistence/refusal-tally.ts';
import { Settlement } from '../persistence/settlement.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Client } from '../sessions/grants.ts';
import type { Caller } from './caller.ts';
import type { ChartName } from './charts.ts';
import type { BoundTo, Step } from './effects.ts';
import { LockedOut, TooManyMessages, TooManyRequests } from './errors.ts';
import type { Running } from './running.ts';
import type { WorkflowRow } from './store.ts';

/** Every chart records these about its runs. */
type WorkflowAuditType = `${ChartName}.${WorkflowAuditWord}`;

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
  row: WorkflowRow,
  type: WorkflowAuditType,
  factor: FactorKind | null,
  sessionId: string | null,
  { client }: Caller,
  now: Date,
): void {
  const { tenantId } = row;
  const userId = row.account?.id ?? null;
  addAudit(
    settlement,
    { type, tenantId, userId, sessionId, factor },
    actorOf(row, type, sessionId, client),
    now,
  );
}

/** Counts the refusal of a step, where it is one that a flood could cause. */
export function auditRefusal(
  refusals: RefusalTally,
  { row, name }: Running,
  error: unknown,
  factor: FactorKind | null,
  { client }: Caller,
): void {
  const isLimit = error instanceof TooManyRequests || error instanceof TooManyMessages;
  if (!isLimit && !(error instanceof LockedOut)) return;
  const type: WorkflowAuditType = `${name}.${isLimit ? 'limited' : 'locked-out'}`;
  const { tenantId, sessionId } = row;
  const userId = row.account?.id ?? null;
  refusals.add({ type, tenantId, userId, sessionId, factor }, actorOf(row, type, sessionId, client));
}

function actorOf(
  { account, sessionId: drivenBy }: WorkflowRow,
  type: WorkflowAuditType,
  sessionId: string | null,
  client: Client,
): AuditActor {
  // Until a workflow outside a session completes, nobody has proved to be its user.
  const isUser = account !== null && (drivenBy !== null || type.endsWith('.complete'));
  return isUser ? byUser({ id: drivenBy ?? sessionId, userId: account.id }, client) : byAnonymous(client);
}

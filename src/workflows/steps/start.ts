// Starts a workflow. The first step writes its row.
import { initialTransition } from 'xstate';
import type { Account } from '../../factors/account.ts';
import { jsonText } from '../../persistence/jsonb.ts';
import type { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { addSeconds } from '../../platform/clock.ts';
import { digest } from '../../platform/digest.ts';
import { randomToken } from '../../platform/random.ts';
import { MAX_ATTEMPTS } from '../../policy/lockout.ts';
import { WORKFLOW_SECONDS } from '../../policy/workflow-limits.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import { sealApproves, sealOperation } from '../approves.ts';
import type { Caller } from '../caller.ts';
import type { ChartName } from '../chart-name.ts';
import { chartOf } from '../charts.ts';
import { stepOf } from './open-step.ts';
import { performWithinLimits } from './perform-within-limits.ts';
import { present, type WorkflowReply } from './reply.ts';
import type { WorkflowRow } from './row.ts';
import type { StepServices } from './services.ts';

export interface NewWorkflow {
  readonly name: ChartName;
  readonly input: object;
  readonly tenantId: string;
  /** Null for a decoy. */
  readonly account: Account | null;
  /** The subject whose lockout counts the failures. */
  readonly subject: string;
  /** The known device that starts the workflow. */
  readonly deviceId?: string | null;
  /** The only session that may use the workflow, if set. */
  readonly session?: PresentedSession;
  /** The only operation that the proof will approve, if set. */
  readonly operation?: BoundTo | null;
  /** The stored id of the agent's workflow that the proof will approve, if set. */
  readonly agentRequest?: string | null;
  /** Further writes to commit with the first step. */
  readonly unitOfWork?: UnitOfWork;
}

/** One operation with its arguments. */
export interface BoundTo {
  /** The keyed digest. */
  readonly digest: string;
  /** A description for the user. */
  readonly approves: string;
  /** What the digest is made of, to show later what was approved. Null if it is not recorded. */
  readonly text: string | null;
}

/** Restricts a workflow to a session. Failures count for that session only, so they lock out nobody else. */
export function ofSession(session: PresentedSession): Pick<NewWorkflow, 'tenantId' | 'subject' | 'session'> {
  return { tenantId: session.tenantId, subject: `session:${session.id}`, session };
}

export async function start(
  services: StepServices,
  fresh: NewWorkflow,
  caller: Caller,
): Promise<WorkflowReply> {
  const now = services.clock.now();
  const id = randomToken();
  const chart = chartOf(fresh.name);
  const [snapshot, effects] = initialTransition(chart, fresh.input);
  const row = newRow(services, fresh, {
    id: digest(id),
    snapshot: chart.getPersistedSnapshot(snapshot),
    now,
  });
  const running = { row, name: fresh.name, chart, snapshot };
  const step = stepOf(services, running, {
    id,
    caller,
    now,
    ...(fresh.unitOfWork && { unitOfWork: fresh.unitOfWork }),
  });
  const outcome = await performWithinLimits(services, step, effects);
  step.unitOfWork.insert('workflow', {
    id: row.id,
    chart: row.chart,
    machine_version: row.machineVersion,
    tenant_id: row.tenantId,
    user_id: row.account?.id ?? null,
    session_id: row.sessionId,
    device_id: row.deviceId,
    subject: row.subject,
    snapshot: jsonText(row.snapshot),
    operation: row.operation,
    approves: row.approves,
    operation_text: row.operationText,
    agent_request: row.agentRequest,
    revision: row.revision,
    attempts: row.attempts,
    max_attempts: row.maxAttempts,
    created_at: row.createdAt,
    expires_at: row.expiresAt,
  });
  await step.unitOfWork.commit(caller.em);
  return present(services, step, snapshot, outcome);
}

function newRow(
  { ring }: StepServices,
  { operation = null, deviceId = null, agentRequest = null, ...fresh }: NewWorkflow,
  { id, snapshot, now }: { readonly id: string; readonly snapshot: unknown; readonly now: Date },
): WorkflowRow {
  const { name, tenantId, account, subject, session } = fresh;
  return {
    id,
    chart: name,
    machineVersion: chartOf(name).version ?? '',
    tenantId,
    sessionId: session?.id ?? null,
    deviceId,
    subject,
    snapshot: snapshot as object,
    operation: operation?.digest ?? null,
    approves: operation && sealApproves(ring, id, operation.approves),
    operationText: operation?.text == null ? null : sealOperation(ring, id, operation.text),
    agentRequest,
    revision: 0,
    attempts: 0,
    maxAttempts: MAX_ATTEMPTS,
    createdAt: now,
    expiresAt: addSeconds(now, WORKFLOW_SECONDS),
    account,
    challenges: [],
    locks: [],
  };
}

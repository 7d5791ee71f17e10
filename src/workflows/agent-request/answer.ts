// The answer of a user to the request of an agent: approved by a proof in a session of the user, or rejected. The first answer
// counts. The proof is for this operation and this agent only, and evidence of no session.
import { transition } from 'xstate';
import { lockUser } from '../../factors/account.ts';
import { auditRow, byUser } from '../../persistence/audit.ts';
import { jsonText } from '../../persistence/jsonb.ts';
import type { EntityManager, Sql } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { WorkflowChanges } from '../../persistence/workflow-changes.ts';
import type { Evidence } from '../../policy/evidence.ts';
import type { Client } from '../../sessions/grants.ts';
import { grantRow } from '../../sessions/operation-grant.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import { sessionOf } from '../effects/effect.ts';
import { AgentRequestEnded } from '../errors.ts';
import type { WorkflowEvent } from '../event.ts';
import { findStoredWorkflow } from '../steps/row.ts';
import type { Step } from '../steps/step.ts';
import { agentRequestChart } from './chart.ts';
import { type AgentRequest, findAgentRequests } from './waiting.ts';

interface Answer {
  readonly requestId: string;
  /** Of the person who answers. */
  readonly session: PresentedSession;
  readonly client: Client;
  readonly now: Date;
}

interface Approval {
  readonly requestId: string;
  /** The keyed digest of the operation. */
  readonly digest: string;
  readonly proof: Evidence;
  readonly seconds: number;
}

/** Adds to a step what lets the agent use its proof, once. If the request has ended, the step fails. */
export function approveAgentRequest(
  changes: WorkflowChanges,
  step: Step,
  { requestId, digest, proof, seconds }: Approval,
): void {
  const { caller, now, unitOfWork } = step;
  const answer = { requestId, session: sessionOf(step, {}), client: caller.client, now };
  unitOfWork.require(async (sql) => {
    const { sessionId } = await end(sql, answer, { type: 'APPROVE' });
    await sql
      .insertInto('operation_grant')
      .values(grantRow({ sessionId, digest, proof }, seconds, now))
      .execute();
    return true;
  });
  unitOfWork.afterCommit(() => changes.workflowChanged(requestId));
}

/** @throws {AgentRequestEnded} */
export async function rejectAgentRequest(
  changes: WorkflowChanges,
  { em, ...answer }: Answer & { readonly em: EntityManager },
): Promise<void> {
  const { requestId, session } = answer;
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await end(sql, answer, { type: 'EXHAUST' });
    // Approvals in progress, perhaps in another tab.
    await sql
      .updateTable('workflow')
      .set((it) => ({ expires_at: it.ref('created_at'), revision: it('revision', '+', 1) }))
      .where('user_id', '=', session.userId)
      .where('agent_request', '=', requestId)
      .execute();
    return true;
  });
  unitOfWork.afterCommit(() => changes.workflowChanged(requestId));
  await unitOfWork.commit(em);
}

/** Ends a waiting request, in a transaction. @throws {AgentRequestEnded} */
async function end(
  sql: Sql,
  { requestId, session, client, now }: Answer,
  event: WorkflowEvent,
): Promise<AgentRequest> {
  const { userId, tenantId } = session;
  await lockUser(sql, userId); // so that the agent is not ended meanwhile
  const [request] = await findAgentRequests(sql, userId, now, requestId);
  const row = request === undefined ? null : await findStoredWorkflow(sql, requestId);
  if (request === undefined || row === null) throw new AgentRequestEnded();
  const snapshot = agentRequestChart.resolveState(row.snapshot as never);
  if (!snapshot.can(event)) throw new AgentRequestEnded();
  const [next] = transition(agentRequestChart, snapshot, event);
  const { numUpdatedRows } = await sql
    .updateTable('workflow')
    .set({
      snapshot: jsonText<object>(agentRequestChart.getPersistedSnapshot(next)),
      revision: row.revision + 1,
    })
    .where('id', '=', requestId)
    .where('revision', '=', row.revision)
    .executeTakeFirstOrThrow();
  if (numUpdatedRows === 0n) throw new AgentRequestEnded();
  const type = event.type === 'APPROVE' ? 'agent-request.complete' : 'agent-request.failed';
  const subject = { type, tenantId, userId, sessionId: request.sessionId } as const;
  await sql
    .insertInto('audit_event')
    .values(auditRow(subject, byUser(session, client), now))
    .execute();
  return request;
}

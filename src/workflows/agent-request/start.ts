// An agent asks for the approval of one operation. One person must not be flooded, so few requests wait at a time, and few
// may go unapproved in an hour.

import { addNotice } from '../../delivery/notices.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import { type Account, lockUser } from '../../factors/account.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { Clock } from '../../platform/clock.ts';
import { MOST_UNAPPROVED, MOST_WAITING } from '../../policy/agents.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import type { Caller } from '../caller.ts';
import { ChartName } from '../chart-name.ts';
import { TooManyAgentRequests } from '../errors.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { type BoundTo, ofSession } from '../steps/start.ts';
import type { AgentRequestInput } from './chart.ts';
import { type Counts, countAgentRequests } from './waiting.ts';

interface Services {
  readonly runner: WorkflowRunner;
  readonly outbox: Outbox;
  readonly clock: Clock;
}

export interface NewAgentRequest {
  readonly input: AgentRequestInput;
  readonly account: Account | null;
  readonly operation: BoundTo;
  readonly agentName: string;
}

/** @throws {TooManyAgentRequests} */
export async function startAgentRequest(
  { runner, outbox, clock }: Services,
  { input, account, operation, agentName }: NewAgentRequest,
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply> {
  const now = clock.now();
  const { session, client } = caller;
  const { id: sessionId, userId, tenantId } = session;
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    // Asking again for the same replaces the request, so that nobody approves it twice.
    await sql
      .updateTable('workflow')
      .set((it) => ({ expires_at: it.ref('created_at'), revision: it('revision', '+', 1) }))
      .where('session_id', '=', sessionId)
      .where('chart', '=', ChartName.AGENT_REQUEST)
      .where('operation', '=', operation.digest)
      .where('expires_at', '>', now)
      .execute();
    if (isTooMany(await countAgentRequests(sql, session, now))) throw new TooManyAgentRequests();
    return true;
  });
  const { waitingOfUser } = await countAgentRequests(sqlOf(caller.em), session, now);
  // One message for requests that wait at the same time.
  if (waitingOfUser === 0)
    addNotice(
      outbox,
      { account, unitOfWork, now },
      { name: 'agent-request', agent: agentName, approves: operation.approves },
    );
  addAudit(
    unitOfWork,
    { type: 'agent-request.started', tenantId, userId, sessionId },
    byUser(session, client),
    now,
  );
  const fresh = { name: ChartName.AGENT_REQUEST, input, account, operation, unitOfWork };
  return runner.start({ ...fresh, ...ofSession(session) }, caller);
}

function isTooMany(counts: Counts): boolean {
  return (
    counts.waitingOfAgent >= MOST_WAITING.ofAgent ||
    counts.waitingOfUser >= MOST_WAITING.ofUser ||
    counts.unapprovedOfAgent >= MOST_UNAPPROVED.ofAgent ||
    counts.unapprovedOfUser >= MOST_UNAPPROVED.ofUser
  );
}

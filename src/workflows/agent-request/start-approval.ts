// Starts the approval of an agent's request: a step-up in the session of the user, bound to the operation of the agent.
import { findAccount } from '../../factors/account.ts';
import type { FactorRegistry } from '../../factors/registry.ts';
import { sqlOf } from '../../persistence/orm.ts';
import { type Clock, secondsOf } from '../../platform/clock.ts';
import type { KeyRing } from '../../platform/key-ring.ts';
import { lastingEvidence } from '../../policy/assurance.ts';
import { provable } from '../../policy/required-factors.ts';
import type { PresentedSession } from '../../sessions/presented.ts';
import { openApproves, openOperation } from '../approves.ts';
import type { Caller } from '../caller.ts';
import { ChartName } from '../chart-name.ts';
import { AgentRequestEnded, EnrollmentRequired } from '../errors.ts';
import type { WorkflowRunner } from '../runner.ts';
import type { StepUpInput } from '../step-up/chart.ts';
import type { WorkflowReply } from '../steps/reply.ts';
import { findStoredWorkflow } from '../steps/row.ts';
import { restore } from '../steps/running.ts';
import { ofSession } from '../steps/start.ts';
import type { AgentRequestInput } from './chart.ts';
import { findAgentRequests } from './waiting.ts';

interface Services {
  readonly runner: WorkflowRunner;
  readonly factors: FactorRegistry;
  readonly ring: KeyRing;
  readonly clock: Clock;
}

/** @throws {AgentRequestEnded} @throws {EnrollmentRequired} */
export async function startAgentApproval(
  { runner, factors, ring, clock }: Services,
  requestId: string,
  caller: Caller & { readonly session: PresentedSession },
): Promise<WorkflowReply> {
  await runner.admit(caller);
  const { session, em } = caller;
  const now = clock.now();
  const [request] = await findAgentRequests(sqlOf(em), session.userId, now, requestId);
  const row = request === undefined ? null : await findStoredWorkflow(sqlOf(em), requestId);
  if (row === null || row.operation === null) throw new AgentRequestEnded();
  const { snapshot } = restore(row, ChartName.AGENT_REQUEST, now);
  const { accept, acceptsFirst, grantSeconds } = snapshot.context as AgentRequestInput;
  const account = await findAccount(em, session.userId);
  const acceptable = { accept, acceptsFirst };
  if (provable(acceptable, factors.availableFactors(account)).length === 0) throw new EnrollmentRequired();
  const input: StepUpInput = {
    ...acceptable,
    proved: false,
    evidence: lastingEvidence(session.evidence, session.aging, secondsOf(now)),
    grantSeconds,
  };
  const operation = {
    digest: row.operation,
    approves: openApproves(ring, row.id, row.approves) ?? '',
    text: openOperation(ring, row.id, row.operationText),
  };
  const fresh = { name: ChartName.STEP_UP, input, account, operation, agentRequest: row.id };
  return runner.start({ ...fresh, ...ofSession(session) }, caller);
}

// The requests of agents that wait for their user.
import { sql as raw } from 'kysely';
import { type EntityManager, type Sql, sqlOf } from '../../persistence/orm.ts';
import { addSeconds } from '../../platform/clock.ts';
import { UNAPPROVED_SECONDS } from '../../policy/agents.ts';
import { isLive } from '../../sessions/active-session.ts';
import { ChartName } from '../chart-name.ts';
import { isWorkflowId } from '../steps/row.ts';
import { agentRequestChart } from './chart.ts';

/** A request of an agent, as its user sees it. */
export interface AgentRequest {
  /** The digest under which its workflow is stored. It cannot drive the workflow. */
  readonly id: string;
  readonly agentName: string;
  /** The session of the agent. */
  readonly sessionId: string;
  /** The sealed description of the operation. */
  readonly approves: string | null;
  readonly requestedAt: Date;
  readonly expiresAt: Date;
}

/** Newest first. @param requestId of the only one to find. */
export async function findAgentRequests(
  sql: Sql,
  userId: string,
  now: Date,
  requestId: string | null = null,
): Promise<AgentRequest[]> {
  if (requestId !== null && !isWorkflowId(requestId)) return [];
  const rows = await sql
    .selectFrom('workflow as w')
    .innerJoin('session as s', 's.id', 'w.session_id')
    .select(['w.id', 'w.approves', 'w.created_at', 'w.expires_at', 's.agent_name', 's.id as session_id'])
    .where('w.user_id', '=', userId)
    .where('s.user_id', '=', userId)
    .where('w.chart', '=', ChartName.AGENT_REQUEST)
    .where('w.machine_version', '=', agentRequestChart.version ?? '')
    .where(raw`w.snapshot ->> 'status'`, '=', 'active')
    .where('w.expires_at', '>', now)
    .where(isLive(now))
    .$if(requestId !== null, (query) => query.where('w.id', '=', requestId))
    .orderBy('w.created_at', 'desc')
    .execute();
  return rows.map((row) => ({
    id: row.id,
    agentName: row.agent_name ?? '',
    sessionId: row.session_id,
    approves: row.approves,
    requestedAt: row.created_at,
    expiresAt: row.expires_at,
  }));
}

/** How many requests of a user's agents there are. */
export interface Counts {
  readonly waitingOfAgent: number;
  readonly waitingOfUser: number;
  readonly unapprovedOfAgent: number;
  readonly unapprovedOfUser: number;
}

/** Counts requests of agents that have ended as well. */
export async function countAgentRequests(
  sql: Sql,
  { id, userId }: { readonly id: string; readonly userId: string },
  now: Date,
): Promise<Counts> {
  const isWaiting = raw`snapshot ->> 'status' = 'active' and expires_at > ${now}`;
  const isOfAgent = raw`session_id = ${id}`;
  return sql
    .selectFrom('workflow')
    .select([
      raw<number>`(count(*) filter (where ${isWaiting} and ${isOfAgent}))::int`.as('waitingOfAgent'),
      raw<number>`(count(*) filter (where ${isWaiting}))::int`.as('waitingOfUser'),
      raw<number>`(count(*) filter (where ${isOfAgent}))::int`.as('unapprovedOfAgent'),
      raw<number>`(count(*))::int`.as('unapprovedOfUser'),
    ])
    .where('user_id', '=', userId)
    .where('chart', '=', ChartName.AGENT_REQUEST)
    .where('created_at', '>', addSeconds(now, -UNAPPROVED_SECONDS))
    .where(raw`snapshot ->> 'value'`, '<>', 'complete')
    .executeTakeFirstOrThrow();
}

/** Those that wait for this user, newest first. */
export function listAgentRequests(em: EntityManager, userId: string, now: Date): Promise<AgentRequest[]> {
  return findAgentRequests(sqlOf(em), userId, now);
}

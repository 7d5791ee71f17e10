// Gives an agent a token of its own: a session without evidence, without a refresh token, and with an end that is never
// extended.
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { findAccount, lockUser } from '../factors/account.ts';
import { addAudit, byUser } from '../persistence/audit.ts';
import type { Role } from '../persistence/entities/user.ts';
import { jsonText } from '../persistence/jsonb.ts';
import type { Sql } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import { randomId } from '../platform/random.ts';
import { MOST_AGENTS } from '../policy/agents.ts';
import type { Evidence } from '../policy/evidence.ts';
import { type ActiveSession, isLive } from '../sessions/active-session.ts';
import { RoleNotHeld, TooManyAgents } from '../sessions/errors.ts';
import type { Grants } from '../sessions/grants.ts';
import type { Owner } from '../sessions/owner.ts';

export interface NewAgent {
  readonly name: string;
  readonly lifetimeSeconds: number;
  readonly roles: readonly Role[];
}

/** The token is shown once. */
export interface AgentToken {
  readonly accessToken: string;
  readonly expiresAt: Date;
  readonly session: ActiveSession;
}

interface Services {
  readonly grants: Grants;
  readonly outbox: Outbox;
}

/** @throws {RoleNotHeld} @throws {TooManyAgents} @throws {Conflict} when the session has ended in the meantime. */
export async function createAgent(
  { grants, outbox }: Services,
  { name, lifetimeSeconds, roles }: NewAgent,
  { em, session: owner, client, now }: Owner,
): Promise<AgentToken> {
  if (owner.agent !== null) throw new Error('An agent cannot create agents.');
  if (roles.some((role) => !owner.roles.includes(role))) throw new RoleNotHeld();
  const { userId, tenantId } = owner;
  const account = await findAccount(em, userId);
  const agent = { name, roles: [...new Set(roles)] };
  const expiresAt = addSeconds(now, lifetimeSeconds);
  const session: ActiveSession = {
    ...owner,
    id: randomId(),
    evidence: [],
    agent,
    roles: agent.roles,
    ip: client.ip,
    userAgent: client.userAgent,
    createdAt: now,
    lastSeenAt: now,
    idleExpiresAt: expiresAt,
    expiresAt,
    resumedAt: null,
    revokedAt: null,
  };
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId); // whoever ends sessions does so too, and then either ends this one or is seen here
    if ((await countAgents(sql, userId, now)) >= MOST_AGENTS) throw new TooManyAgents();
    return isStillLive(sql, owner.id, now);
  });
  unitOfWork.insert('session', {
    id: session.id,
    tenant_id: tenantId,
    user_id: userId,
    evidence: jsonText<Evidence[]>([]),
    ip: client.ip,
    user_agent: client.userAgent,
    created_at: now,
    last_seen_at: now,
    idle_expires_at: now, // has ended, for a server of a version without agents
    expires_at: expiresAt,
    revoked_at: null,
    agent_name: name,
    agent_roles: jsonText<Role[]>(agent.roles),
    agent_of: owner.id,
  });
  addAudit(
    unitOfWork,
    { type: 'agent.created', tenantId, userId, sessionId: session.id },
    byUser(owner, client),
    now,
  );
  const { ip, userAgent } = client;
  addNotice(
    outbox,
    { account, unitOfWork, now },
    { name: 'agent-created', agent: name, ip, userAgent, at: now },
  );
  await unitOfWork.commit(em);
  return { accessToken: await grants.signForAgent(session, now), expiresAt, session };
}

async function countAgents(sql: Sql, userId: string, now: Date): Promise<number> {
  const { count } = await sql
    .selectFrom('session as s')
    .select((it) => it.fn.countAll<string>().as('count'))
    .where('s.user_id', '=', userId)
    .where('s.agent_name', 'is not', null)
    .where(isLive(now))
    .executeTakeFirstOrThrow();
  return Number(count);
}

async function isStillLive(sql: Sql, sessionId: string, now: Date): Promise<boolean> {
  const found = await sql
    .selectFrom('session as s')
    .select('s.id')
    .where('s.id', '=', sessionId)
    .where(isLive(now))
    .executeTakeFirst();
  return found !== undefined;
}

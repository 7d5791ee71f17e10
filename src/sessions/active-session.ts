// The session type, and the statement that loads it for a request, with everything that the decision about a guarded
// field needs: the session, the user's roles and second factors.
import { sql as raw } from 'kysely';
import type { Role } from '../persistence/entities/user.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { run, statement } from '../persistence/statement.ts';
import { secondsOf } from '../platform/clock.ts';
import {
  type Aal2Limits,
  type Aging,
  AssuranceLevel,
  assuranceLevelAt,
  evidenceBelowAal2,
} from '../policy/assurance.ts';
import type { Evidence } from '../policy/evidence.ts';
import { type FactorKind, SECOND_FACTORS } from '../policy/factor-kind.ts';
import { enrolledSecondFactors, meetsPolicy, type SecondFactorPolicy } from '../policy/required-factors.ts';

/** A program that acts for its user. Its session holds no evidence, and ends at a fixed time. */
export interface Agent {
  readonly name: string;
  /** The roles that it may use, of those that its user has at the time. */
  readonly roles: readonly Role[];
}

export interface Session {
  readonly id: string;
  readonly userId: string;
  readonly tenantId: string;
  readonly evidence: readonly Evidence[];
  readonly ip: string | null;
  readonly userAgent: string | null;
  readonly createdAt: Date;
  readonly lastSeenAt: Date;
  /** When it ends unless it is refreshed. */
  readonly idleExpiresAt: Date;
  /** When it ends in any case. */
  readonly expiresAt: Date;
  /** The last time it was used after being idle for longer than AAL2 lasts. */
  readonly resumedAt: Date | null;
  readonly revokedAt: Date | null;
  /** Null for a session of a person. */
  readonly agent: Agent | null;
}

/** A live session with data about its user. */
export interface ActiveSession extends Session {
  /** The user's roles. For an agent, those of them that it may use. */
  readonly roles: readonly Role[];
  /** The user's second factors. */
  readonly enrolled: readonly FactorKind[];
  readonly secondFactorPolicy: SecondFactorPolicy;
  /** How long it stays AAL2. */
  readonly aal2: Aal2Limits;
}

interface SessionRow {
  id: string;
  user_id: string;
  tenant_id: string;
  evidence: Evidence[];
  ip: string | null;
  user_agent: string | null;
  created_at: Date;
  last_seen_at: Date;
  idle_expires_at: Date;
  expires_at: Date;
  resumed_at: Date | null;
  revoked_at: Date | null;
  agent_name: string | null;
  agent_roles: Role[] | null;
}

export const SESSION_COLUMNS = [
  'id',
  'user_id',
  'tenant_id',
  'evidence',
  'ip',
  'user_agent',
  'created_at',
  'last_seen_at',
  'idle_expires_at',
  'expires_at',
  'resumed_at',
  'revoked_at',
  'agent_name',
  'agent_roles',
] as const;

export function sessionOf(row: SessionRow): Session {
  const agent = row.agent_name === null ? null : { name: row.agent_name, roles: row.agent_roles ?? [] };
  return {
    id: row.id,
    userId: row.user_id,
    tenantId: row.tenant_id,
    evidence: agent === null ? row.evidence : [],
    ip: row.ip,
    userAgent: row.user_agent,
    createdAt: row.created_at,
    lastSeenAt: row.last_seen_at,
    idleExpiresAt: agent === null ? row.idle_expires_at : row.expires_at,
    expiresAt: row.expires_at,
    resumedAt: row.resumed_at,
    revokedAt: row.revoked_at,
    agent,
  };
}

/**
 * Whether the session `s` has not ended. An agent is not refreshed, so it cannot be idle. It ends with the session in which
 * it got its token, if that one is ended; signing out lets go of it before.
 */
export function isLive(now: Date) {
  return raw<boolean>`s.revoked_at is null and s.expires_at > ${now}
    and (s.agent_name is not null or s.idle_expires_at > ${now})
    and (s.agent_of is null or exists (
      select from session origin where origin.id = s.agent_of and origin.revoked_at is null
    ))`;
}

/** @returns null when the session does not exist or has ended. One statement, without a transaction. */
export async function findActiveSession(
  sql: Sql,
  sessionId: string,
  now: Date,
): Promise<ActiveSession | null> {
  const [row] = await run(sql, FIND({ sessionId, now }));
  if (row === undefined) return null;
  const session = sessionOf(row);
  const { agent } = session;
  return {
    ...session,
    roles: agent === null ? row.roles : row.roles.filter((role) => agent.roles.includes(role)),
    enrolled: enrolledSecondFactors({
      kinds: row.enrolled ?? [],
      hasPhone: Boolean(row.has_phone),
      hasBackupCodes: Boolean(row.has_backup_codes),
    }),
    secondFactorPolicy: row.second_factor,
    aal2: { overallSeconds: row.second_factor_seconds, idleSeconds: row.second_factor_idle_seconds },
  };
}

const FIND = statement((sql, { sessionId, now }: { readonly sessionId: string; readonly now: Date }) =>
  sql
    .selectFrom('session as s')
    .innerJoin('user_account as u', 'u.id', 's.user_id')
    .innerJoin('tenant as t', 't.id', 's.tenant_id')
    .select(SESSION_COLUMNS.map((column) => `s.${column}` as const))
    .select(['u.roles', 't.second_factor', 't.second_factor_seconds', 't.second_factor_idle_seconds'])
    .select((row) => [
      row
        .selectFrom('authenticator as a')
        .whereRef('a.user_id', '=', 's.user_id')
        .where('a.confirmed_at', 'is not', null)
        .where('a.factor', 'in', [...SECOND_FACTORS])
        .select(raw<FactorKind[]>`coalesce(jsonb_agg(distinct a.factor), '[]')`.as('kinds'))
        .as('enrolled'),
      row
        .exists(
          row
            .selectFrom('phone_number as p')
            .whereRef('p.user_id', '=', 's.user_id')
            .where('p.verified_at', 'is not', null)
            .where('p.second_factor', '=', true)
            .select('p.id'),
        )
        .as('has_phone'),
      row
        .exists(
          row
            .selectFrom('backup_code as b')
            .whereRef('b.user_id', '=', 's.user_id')
            .where('b.used_at', 'is', null)
            .select('b.id'),
        )
        .as('has_backup_codes'),
    ])
    .where('s.id', '=', sessionId)
    .where(isLive(now)),
);

/** How the level of a session ages. */
export function agingOf({ resumedAt }: Pick<Session, 'resumedAt'>, aal2: Aal2Limits): Aging {
  return { ...aal2, resumedAt: resumedAt === null ? null : secondsOf(resumedAt) };
}

/** The value of `mfa.v`. @param now seconds since 1970. */
export function sessionMeetsPolicy(session: ActiveSession, now: number): boolean {
  const { evidence, enrolled, secondFactorPolicy } = session;
  if (session.agent !== null) return false;
  const level = assuranceLevelAt(evidence, agingOf(session, session.aal2), now);
  const counts = level === AssuranceLevel.AAL2 ? evidence : evidenceBelowAal2(evidence);
  return meetsPolicy(counts, enrolled, secondFactorPolicy);
}

/** The live sessions of a user, newest first. */
export async function listSessions(em: EntityManager, userId: string, now: Date): Promise<Session[]> {
  const rows = await sqlOf(em)
    .selectFrom('session as s')
    .select(SESSION_COLUMNS.map((column) => `s.${column}` as const))
    .where('s.user_id', '=', userId)
    .where(isLive(now))
    .orderBy('s.created_at', 'desc')
    .limit(100)
    .execute();
  return rows.map(sessionOf);
}

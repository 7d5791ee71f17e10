// Ends sessions. An ended session is refused at its next guarded field, because every operation reads the session.
import { type AuditActor, addAudit, byAnonymous, byUser } from '../persistence/audit.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { atomically } from '../persistence/transaction.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { digest } from '../platform/digest.ts';
import { type ActiveSession, SESSION_COLUMNS, type Session, sessionOf } from './active-session.ts';
import { forgetBrowsersOf } from './forget-browsers.ts';
import type { Client } from './grants.ts';

interface Asking {
  readonly em: EntityManager;
  readonly client: Client;
}

interface Revoker extends Asking {
  /** The session of the request. */
  readonly session: ActiveSession;
}

/** Ends one session of the current user. @returns null when it does not exist or has already ended. */
export async function revokeSession(sessionId: string, revoker: Revoker, now: Date): Promise<Session | null> {
  const { session, client } = revoker;
  const revoked = await revoke(
    revoker,
    (sql) => live(sql).where('id', '=', sessionId).where('user_id', '=', session.userId),
    byUser(session, client),
    now,
    sessionId !== session.id, // who signs out may stay remembered
  );
  return revoked.find(({ id }) => id === sessionId) ?? null;
}

/** Ends all sessions of the user except the current one. @returns the number of ended sessions. */
export async function revokeOtherSessions(revoker: Revoker, now: Date): Promise<number> {
  const { session, client } = revoker;
  const revoked = await revoke(
    revoker,
    (sql) => live(sql).where('user_id', '=', session.userId).where('id', '<>', session.id),
    byUser(session, client),
    now,
    true,
  );
  return revoked.length;
}

/** What a client has left when its access token is no longer valid: enough to end its session, and nothing else. */
export interface Remains {
  /** The session of an access token that has expired. */
  readonly sessionId: string | null;
  /** May be used already. */
  readonly refreshToken: string | null;
}

/** @returns null when neither belongs to a live session. */
export async function endSessionOf(remains: Remains, asking: Asking, now: Date): Promise<Session | null> {
  const { sessionId, refreshToken } = remains;
  if (sessionId === null && refreshToken === null) return null;
  const [ended] = await revoke(
    asking,
    (sql) =>
      live(sql).where((it) =>
        it.or([
          it('id', '=', sessionId),
          it(
            'id',
            '=',
            it
              .selectFrom('refresh_token')
              .select('session_id')
              .where('digest', '=', refreshToken === null ? null : digest(refreshToken)),
          ),
        ]),
      ),
    byAnonymous(asking.client),
    now,
  );
  return ended ?? null;
}

/** Ends some sessions of a user, with their agents, and forgets their browsers. */
export function endSessions(
  asking: Asking,
  { userId, actor }: { readonly userId: string; readonly actor: AuditActor },
  which: (live: LiveSessions) => LiveSessions,
  now: Date,
): Promise<Session[]> {
  const some = (sql: Sql) => which(live(sql).where('user_id', '=', userId));
  return revoke({ ...asking, session: { userId } }, some, actor, now, true);
}

export type LiveSessions = ReturnType<typeof live>;
async function lockUser(sql: Sql, userId: string): Promise<void> {
  await sql.selectFrom('user_account').select('id').where('id', '=', userId).forNoKeyUpdate().execute();
}

/** @param endedAt null lets go of the agents instead. @returns those that were ended. */
async function endAgentsOf(
  sql: Sql,
  sessions: readonly { readonly id: string; readonly user_id: string }[],
  endedAt: Date | null,
) {
  const [first] = sessions;
  if (first === undefined) return [];
  const ended = await sql
    .updateTable('session')
    .set(endedAt === null ? { agent_of: null } : { revoked_at: endedAt })
    .where('user_id', '=', first.user_id)
    .where(
      'agent_of',
      'in',
      sessions.map(({ id }) => id),
    )
    .where('revoked_at', 'is', null)
    .returning(SESSION_COLUMNS)
    .execute();
  return endedAt === null ? [] : ended;
}

function live(sql: Sql) {
  return sql.selectFrom('session').select('id').where('revoked_at', 'is', null);
}

/**
 * Ends sessions. Whoever ends a session from elsewhere does not trust it, so its agents end with it. Whoever signs out
 * leaves their agents at work.
 *
 * @param forgets whether the sessions are ended from elsewhere, so that their browsers are no longer remembered either.
 */
async function revoke(
  { em, session }: Asking & { readonly session?: Pick<ActiveSession, 'userId'> | null },
  which: (sql: Sql) => ReturnType<typeof live>,
  actor: AuditActor,
  now: Date,
  forgets = false,
): Promise<Session[]> {
  const userId = session?.userId ?? null;
  return atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    // An agent that is being created is either seen below, or not created.
    if (userId !== null) await lockUser(sql, userId);
    const chosen = await sql
      .updateTable('session')
      .set({ revoked_at: now })
      .where('id', 'in', which(sql))
      .where('revoked_at', 'is', null)
      .returning(SESSION_COLUMNS)
      .execute();
    const rows = [...chosen, ...(await endAgentsOf(sql, chosen, forgets ? now : null))];
    if (forgets)
      await forgetBrowsersOf(
        sql,
        rows.map(({ id }) => id),
      );
    const unitOfWork = new UnitOfWork();
    for (const { id: sessionId, tenant_id: tenantId, user_id: userId } of rows) {
      addAudit(unitOfWork, { type: 'session.revoked', tenantId, userId, sessionId }, actor, now);
    }
    await unitOfWork.commit(transaction);
    return rows.map(sessionOf);
  });
}

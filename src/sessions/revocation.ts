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
  const [revoked] = await revoke(
    revoker,
    (sql) => live(sql).where('id', '=', sessionId).where('user_id', '=', session.userId),
    byUser(session, client),
    now,
    sessionId !== session.id, // who signs out may stay remembered
  );
  return revoked ?? null;
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

/** Ends the sessions of a selection on behalf of somebody without a session, and forgets their browsers. */
export function endSessions(
  asking: Asking,
  which: (live: LiveSessions) => LiveSessions,
  now: Date,
): Promise<Session[]> {
  return revoke(asking, (sql) => which(live(sql)), byAnonymous(asking.client), now, true);
}

export type LiveSessions = ReturnType<typeof live>;

function live(sql: Sql) {
  return sql.selectFrom('session').select('id').where('revoked_at', 'is', null);
}

/** @param forgets whether the browsers of the sessions are no longer remembered. */
async function revoke(
  { em }: Asking,
  which: (sql: Sql) => ReturnType<typeof live>,
  actor: AuditActor,
  now: Date,
  forgets = false,
): Promise<Session[]> {
  return atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    const rows = await sql
      .updateTable('session')
      .set({ revoked_at: now })
      .where('id', 'in', which(sql))
      .where('revoked_at', 'is', null)
      .returning(SESSION_COLUMNS)
      .execute();
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

// Ending sessions. A session that has ended is refused at its next guarded field, because every operation reads it.
import { type AuditActor, addAudit, byAnonymous, byUser } from '../persistence/audit.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { Settlement } from '../persistence/settlement.ts';
import { atomically } from '../persistence/transaction.ts';
import { digest } from '../platform/digest.ts';
import type { Client } from './grants.ts';
import { type ActiveSession, SESSION_COLUMNS, type Session, sessionOf } from './session.ts';

interface Asking {
  readonly em: EntityManager;
  readonly client: Client;
}

interface Revoker extends Asking {
  /** The session that asks. */
  readonly session: ActiveSession;
}

/** Ends one session of the user who asks. Null when there is no such session, or it has ended already. */
export async function revokeSession(sessionId: string, revoker: Revoker, now: Date): Promise<Session | null> {
  const { session, client } = revoker;
  const [revoked] = await revoke(
    revoker,
    (sql) => live(sql).where('id', '=', sessionId).where('user_id', '=', session.userId),
    byUser(session, client),
    now,
  );
  return revoked ?? null;
}

/** Ends every session of the user but the one that asks. @returns how many were ended. */
export async function revokeOtherSessions(revoker: Revoker, now: Date): Promise<number> {
  const { session, client } = revoker;
  const revoked = await revoke(
    revoker,
    (sql) => live(sql).where('user_id', '=', session.userId).where('id', '<>', session.id),
    byUser(session, client),
    now,
  );
  return revoked.length;
}

/** What somebody holds whose access token does not count any more: enough to end their session and nothing else. */
export interface Remains {
  /** The session of an access token that has expired. */
  readonly sessionId: string | null;
  /** Used or not. */
  readonly refreshToken: string | null;
}

/** Null when none of it is of a session that lives. */
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

function live(sql: Sql) {
  return sql.selectFrom('session').select('id').where('revoked_at', 'is', null);
}

async function revoke(
  { em }: Asking,
  which: (sql: Sql) => ReturnType<typeof live>,
  actor: AuditActor,
  now: Date,
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
    const settlement = new Settlement();
    for (const { id: sessionId, tenant_id: tenantId, user_id: userId } of rows) {
      addAudit(settlement, { type: 'session.revoked', tenantId, userId, sessionId }, actor, now);
    }
    await settlement.commit(transaction);
    return rows.map(sessionOf);
  });
}

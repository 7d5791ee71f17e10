// Ending sessions. A session that has ended is refused at its next guarded field, because every operation reads it.
import { addAudit, byUser } from '../persistence/audit.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { Settlement } from '../persistence/settlement.ts';
import { atomically } from '../persistence/transaction.ts';
import type { Client } from './grants.ts';
import { type ActiveSession, SESSION_COLUMNS, type Session, sessionOf } from './session.ts';

interface Revoker {
  readonly em: EntityManager;
  /** The session that asks. */
  readonly session: ActiveSession;
  readonly client: Client;
}

/** Ends one session of the user who asks. Null when there is no such session, or it has ended already. */
export async function revokeSession(sessionId: string, revoker: Revoker, now: Date): Promise<Session | null> {
  const { userId } = revoker.session;
  return atomically(revoker.em, async (transaction) => {
    const row = await sqlOf(transaction)
      .updateTable('session')
      .set({ revoked_at: now })
      .where('id', '=', sessionId)
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null)
      .returning(SESSION_COLUMNS)
      .executeTakeFirst();
    if (row === undefined) return null;
    await audit({ ...revoker, em: transaction }, [row.id], now);
    return sessionOf(row);
  });
}

/** Ends every session of the user but the one that asks. @returns how many were ended. */
export async function revokeOtherSessions(revoker: Revoker, now: Date): Promise<number> {
  const { id, userId } = revoker.session;
  return atomically(revoker.em, async (transaction) => {
    const rows = await sqlOf(transaction)
      .updateTable('session')
      .set({ revoked_at: now })
      .where('user_id', '=', userId)
      .where('id', '<>', id)
      .where('revoked_at', 'is', null)
      .returning('id')
      .execute();
    await audit(
      { ...revoker, em: transaction },
      rows.map((row) => row.id),
      now,
    );
    return rows.length;
  });
}

async function audit({ em, session, client }: Revoker, revoked: readonly string[], now: Date): Promise<void> {
  const { tenantId, userId } = session;
  const settlement = new Settlement();
  for (const sessionId of revoked) {
    addAudit(
      settlement,
      { type: 'session.revoked', tenantId, userId, sessionId },
      byUser(session, client),
      now,
    );
  }
  await settlement.commit(em);
}

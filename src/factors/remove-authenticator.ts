// Takes an authenticator away from a user. What it once proved is no evidence any more, in any session; without a
// second factor left, backup codes stand in for nothing and go too.
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { addAudit } from '../persistence/audit.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { Settlement } from '../persistence/settlement.ts';
import { FactorKind, isSecondFactor } from '../policy/factor-kind.ts';
import { evidenceWithout } from '../sessions/evidence-without.ts';
import type { Client } from '../sessions/grants.ts';
import type { ActiveSession } from '../sessions/session.ts';
import { findAccount, hasSecondFactorBeside, lockUser, type StoredAuthenticator } from './account.ts';

/** Null when the user has no such second factor. */
export async function removeAuthenticator(
  { outbox }: { outbox: Outbox },
  id: string,
  { em, session, client, now }: { em: EntityManager; session: ActiveSession; client: Client; now: Date },
): Promise<StoredAuthenticator | null> {
  const { userId, tenantId } = session;
  const account = await findAccount(sqlOf(em), userId);
  const removed = account?.authenticators.find((one) => one.id === id && isSecondFactor(one.factor));
  if (removed === undefined) return null;
  const { factor } = removed;

  const settlement = new Settlement();
  settlement.require(async (sql) => {
    // Two who remove the last two at once must not each think that the other one's stays.
    await lockUser(sql, userId);
    const { numDeletedRows } = await sql.deleteFrom('authenticator').where('id', '=', id).executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    const isLast = !(await hasSecondFactorBeside(sql, userId, id));
    if (isLast) await sql.deleteFrom('backup_code').where('user_id', '=', userId).execute();
    await voidEvidence(sql, userId, isLast ? [factor, FactorKind.BACKUP_CODE] : [factor]);
    return true;
  });
  addAudit(
    settlement,
    { type: 'authenticator.removed', tenantId, userId, sessionId: session.id, factor },
    client,
    now,
  );
  addNotice(outbox, { account, settlement, now }, { type: 'factor-removed', factor });
  await settlement.commit(em);
  return removed;
}

/** Evidence does not say which authenticator of its kind it is from, so all of the kind goes: doubt refuses. */
async function voidEvidence(sql: Sql, userId: string, factors: readonly FactorKind[]): Promise<void> {
  await sql
    .updateTable('session')
    .set({
      evidence: evidenceWithout(factors),
    })
    .where('user_id', '=', userId)
    .execute();
}

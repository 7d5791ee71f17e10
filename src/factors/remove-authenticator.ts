// Takes an authenticator away from a user. What it once proved is no evidence any more, in any session; without a
// second factor left, backup codes stand in for nothing and go too.
import { sql as raw } from 'kysely';
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { addAudit } from '../persistence/audit.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { Settlement } from '../persistence/settlement.ts';
import { FactorKind, isSecondFactor } from '../policy/factor-kind.ts';
import type { Client } from '../sessions/grants.ts';
import type { ActiveSession } from '../sessions/session.ts';
import { findAccount, type StoredAuthenticator } from './account.ts';

/** Null when the user has no such second factor. */
export async function removeAuthenticator(
  { outbox }: { outbox: Outbox },
  id: string,
  { em, session, client, now }: { em: EntityManager; session: ActiveSession; client: Client; now: Date },
): Promise<StoredAuthenticator | null> {
  const { userId, tenantId } = session;
  const account = await findAccount(sqlOf(em), userId);
  const removable = account?.authenticators.filter((one) => isSecondFactor(one.factor)) ?? [];
  const removed = removable.find((one) => one.id === id);
  if (removed === undefined) return null;
  const left = removable.filter((one) => one.id !== id && one.confirmed).map((one) => one.factor);
  const voided = [
    ...(left.includes(removed.factor) ? [] : [removed.factor]),
    ...(left.length > 0 ? [] : [FactorKind.BACKUP_CODE]),
  ];

  const settlement = new Settlement();
  settlement.requireWrite((sql) => sql.deleteFrom('authenticator').where('id', '=', id).returning('id'));
  if (left.length === 0) {
    settlement.write((sql) => sql.deleteFrom('backup_code').where('user_id', '=', userId));
  }
  if (voided.length > 0) {
    settlement.write((sql) =>
      sql
        .updateTable('session')
        .set({
          evidence: raw`(
            select coalesce(jsonb_agg(one), '[]') from jsonb_array_elements(evidence) one
            where not one ->> 'factor' = any(${voided})
          )`,
        })
        .where('user_id', '=', userId),
    );
  }
  addAudit(
    settlement,
    { type: 'authenticator.removed', tenantId, userId, sessionId: session.id, factor: removed.factor },
    client,
    now,
  );
  addNotice(outbox, { account, settlement, now }, { type: 'factor-removed', factor: removed.factor });
  await settlement.commit(em);
  return removed;
}

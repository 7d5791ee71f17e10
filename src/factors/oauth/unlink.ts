// Unlinks an identity at a provider. The user's other sessions that began with it end, and it proves nothing more in the
// current one. The last way in stays (L5).
import { sql as raw } from 'kysely';
import { addNotice } from '../../delivery/notices.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import { addAudit, byUser } from '../../persistence/audit.ts';
import type { Sql } from '../../persistence/orm.ts';
import { atomically } from '../../persistence/transaction.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import type { Evidence } from '../../policy/evidence.ts';
import { FactorKind } from '../../policy/factor-kind.ts';
import { voidGrants } from '../../sessions/operation-grant.ts';
import type { Owner } from '../../sessions/owner.ts';
import { endSessions, type LiveSessions } from '../../sessions/revocation.ts';
import { findAccount, lockUser } from '../account.ts';
import { requireWayIn } from '../last-way-in.ts';
import { endWorkflows } from '../void-evidence.ts';
import { ofIdentity } from './logout.ts';
import type { Providers } from './providers.ts';

const factor = FactorKind.OAUTH;

/** False when the user has no identity with this id. @throws {LastWayIn} */
export async function unlinkIdentity(
  { outbox, providers }: { readonly outbox: Outbox; readonly providers: Providers },
  id: string,
  { em, session, client, now }: Owner,
): Promise<boolean> {
  const { userId, tenantId } = session;
  const account = await findAccount(em, userId);
  const identity = account?.identities.find((one) => one.id === id);
  if (account === null || identity === undefined) return false;
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    const { numDeletedRows } = await sql.deleteFrom('identity').where('id', '=', id).executeTakeFirst();
    if (numDeletedRows === 0n) return false;
    await requireWayIn(sql, userId, { providers: providers.of(tenantId).map((one) => one.id) });
    await endWorkflows(sql, userId, [factor]);
    await forgetEvidence(sql, id, session.id);
    await voidGrants(sql, userId, [factor]).execute();
    return true;
  });
  const subject = { tenantId, userId, sessionId: session.id, factor };
  addAudit(unitOfWork, { type: 'identity.unlinked', ...subject }, byUser(session, client), now);
  const provider = providers.get(identity.providerId)?.settings.name ?? identity.providerId;
  addNotice(outbox, { account, unitOfWork, now }, { name: 'identity-unlinked', provider });
  await atomically(em, async (transaction) => {
    await unitOfWork.commit(transaction);
    const whose = { userId, actor: byUser(session, client) };
    const others = (live: LiveSessions) => ofIdentity(live, id).where('id', '<>', session.id);
    await endSessions({ em: transaction, client }, whose, others, now);
  });
  return true;
}

async function forgetEvidence(sql: Sql, identityId: string, sessionId: string): Promise<void> {
  await sql
    .updateTable('session')
    .set({
      evidence: raw<Evidence[]>`(
        select coalesce(jsonb_agg(one), '[]') from jsonb_array_elements(evidence) one
        where one #>> '{source,identityId}' is distinct from ${identityId}
      )`,
    })
    .where('id', '=', sessionId)
    .execute();
}

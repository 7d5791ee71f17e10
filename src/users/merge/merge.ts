// Merges two users of one person, in one transaction: what the one has moves to the other, and the one is deleted. A merge gives
// nobody a role, and is refused where both have second factors (L6).
import { addNotice } from '../../delivery/notices.ts';
import type { Outbox } from '../../delivery/outbox.ts';
import { type Account, enrolledBy, findAccount } from '../../factors/account.ts';
import { lockoutsOf } from '../../factors/lockout.ts';
import { endOtherWorkflows } from '../../factors/void-evidence.ts';
import { type AuditActor, addAudit } from '../../persistence/audit.ts';
import { type EntityManager, type Sql, sqlOf } from '../../persistence/orm.ts';
import { atomically } from '../../persistence/transaction.ts';
import { UnitOfWork } from '../../persistence/unit-of-work.ts';
import { MOST_AUTHENTICATORS, MOST_EMAIL_ADDRESSES } from '../../policy/authenticator-limit.ts';
import type { Client } from '../../sessions/grants.ts';
import { endSessions } from '../../sessions/revocation.ts';
import { BothHaveSecondFactors, DeletionScheduled, MergeTooLarge } from './errors.ts';
import { moveEverything } from './move.ts';

export interface Pair {
  readonly tenantId: string;
  readonly fromId: string;
  readonly intoId: string;
}

export interface Merger {
  readonly em: EntityManager;
  readonly client: Client;
  readonly actor: AuditActor;
  /** Why. Null if the person has merged them. */
  readonly reason: string | null;
  readonly now: Date;
  /** Whether the two have agreed to it. Asked before the users are locked, and again afterwards. */
  isAllowed(sql: Sql): Promise<boolean>;
  /** @throws {UserError} when it must not be done, although it is allowed. */
  refuse(from: Account, into: Account): void;
}

/**
 * False when there are no such users in the tenant, or when they may not be merged.
 * @throws {BothHaveSecondFactors} @throws {DeletionScheduled} @throws {MergeTooLarge} @throws {Conflict}
 */
export async function mergeUsers(
  { outbox }: { readonly outbox: Outbox },
  { tenantId, fromId, intoId }: Pair,
  { em, client, actor, reason, now, isAllowed, refuse }: Merger,
): Promise<boolean> {
  if (fromId === intoId) return false;
  return atomically(em, async (transaction) => {
    const sql = sqlOf(transaction);
    if (!(await isAllowed(sql))) return false;
    const externalIds = await lockBoth(sql, tenantId, [fromId, intoId]);
    if (externalIds.size < 2 || !(await isAllowed(sql))) return false;
    // Before the factors are read: a step that enrolls one at the same time has either finished, or does not.
    for (const id of [fromId, intoId]) await endOtherWorkflows(sql, id, null, now);
    const from = await findAccount(transaction, fromId);
    const into = await findAccount(transaction, intoId);
    if (from === null || into === null) throw new Error('A locked user has no account.');
    refuse(from, into);
    refuseAnyway(from, into);
    await endSessions({ em: transaction, client }, { userId: fromId, actor }, (live) => live, now);
    const unitOfWork = new UnitOfWork();
    unitOfWork.require(async () => {
      await lockoutsOf(sql, fromId).execute();
      await moveEverything(sql, { from, into, now });
      return true;
    });
    unitOfWork.insert('user_merge', {
      tenant_id: tenantId,
      merged_user_id: fromId,
      into_user_id: intoId,
      external_id: externalIds.get(fromId) ?? null,
      reason,
      merged_at: now,
    });
    const entry = { tenantId, sessionId: null } as const;
    addAudit(unitOfWork, { ...entry, type: 'user.merged', userId: intoId }, actor, now);
    addAudit(unitOfWork, { ...entry, type: 'user.merged-into-another', userId: fromId }, actor, now);
    for (const account of [from, into])
      addNotice(outbox, { account, unitOfWork, now }, { name: 'accounts-merged' });
    await unitOfWork.commit(transaction);
    return true;
  });
}

/** In one order, so that two merges of the same users wait for each other. @returns the external id of each active user. */
async function lockBoth(
  sql: Sql,
  tenantId: string,
  ids: readonly string[],
): Promise<ReadonlyMap<string, string | null>> {
  const rows = await sql
    .selectFrom('user_account')
    .select(['id', 'external_id'])
    .where('tenant_id', '=', tenantId)
    .where('id', 'in', [...ids])
    .where('activated_at', 'is not', null)
    .orderBy('id')
    .forUpdate()
    .execute();
  return new Map(rows.map((row) => [row.id, row.external_id]));
}

function refuseAnyway(from: Account, into: Account): void {
  if (from.isToBeDeleted || into.isToBeDeleted) throw new DeletionScheduled();
  if (enrolledBy(from).length > 0 && enrolledBy(into).length > 0) throw new BothHaveSecondFactors();
  const addresses = [from, into].flatMap(({ emails }) => emails.filter((one) => one.verified));
  const others = [from, into].flatMap(({ authenticators, phones }) => [...authenticators, ...phones]);
  if (addresses.length > MOST_EMAIL_ADDRESSES || others.length > MOST_AUTHENTICATORS)
    throw new MergeTooLarge();
}

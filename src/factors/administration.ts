// How an administrator helps a user: unlocks an account, or removes second factors that the user has lost.
import { addNotice } from '../delivery/notices.ts';
import type { Outbox } from '../delivery/outbox.ts';
import { type AuditActor, addAudit } from '../persistence/audit.ts';
import type { EntityManager } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { SECOND_FACTORS } from '../policy/factor-kind.ts';
import { forgetting } from '../sessions/forget-browsers.ts';
import { type Account, findAccount, lockUser } from './account.ts';
import { requireWayIn } from './last-way-in.ts';
import { liftLockouts } from './lockout.ts';
import type { FactorRegistry } from './registry.ts';
import { endWorkflows } from './void-evidence.ts';

export interface Administrator {
  readonly em: EntityManager;
  /** The tenant whose users the administrator may help. */
  readonly tenantId: string;
  readonly actor: AuditActor;
  readonly now: Date;
}

/** Null when the user does not exist in the administrator's tenant. */
async function userOf({ em, tenantId }: Administrator, userId: string): Promise<Account | null> {
  const account = await findAccount(em, userId);
  return account?.tenantId === tenantId ? account : null;
}

/** False when the user does not exist. */
export async function unlockUser(userId: string, administrator: Administrator): Promise<boolean> {
  const { em, tenantId, actor, now } = administrator;
  if ((await userOf(administrator, userId)) === null) return false;
  const unitOfWork = new UnitOfWork();
  liftLockouts(unitOfWork, userId);
  addAudit(unitOfWork, { type: 'user.unlocked', tenantId, userId, sessionId: null }, actor, now);
  await unitOfWork.commit(em);
  return true;
}

/**
 * Removes every second factor and backup code, and ends every session. From then on the first factor is enough to sign
 * in, so the administrator must verify the user's identity first. False when the user does not exist.
 * @throws {LastWayIn}
 */
export async function removeSecondFactors(
  { outbox, factors }: { outbox: Outbox; factors: Pick<FactorRegistry, 'providers'> },
  userId: string,
  administrator: Administrator,
): Promise<boolean> {
  const { em, tenantId, actor, now } = administrator;
  const account = await userOf(administrator, userId);
  if (account === null) return false;
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    const providers = factors.providers.of(tenantId).map((one) => one.id);
    await requireWayIn(sql, userId, { keepsPasskeys: false, providers });
    await endWorkflows(sql, userId, SECOND_FACTORS);
    return true;
  });
  unitOfWork.write((sql) =>
    sql
      .deleteFrom('authenticator')
      .where('user_id', '=', userId)
      .where('factor', 'in', [...SECOND_FACTORS]),
  );
  unitOfWork.write((sql) =>
    sql
      .updateTable('phone_number')
      .set({ second_factor: false, second_factor_at: null })
      .where('user_id', '=', userId),
  );
  unitOfWork.write((sql) => sql.deleteFrom('backup_code').where('user_id', '=', userId));
  unitOfWork.write((sql) => forgetting(sql, userId));
  unitOfWork.write((sql) =>
    sql
      .updateTable('session')
      .set({ revoked_at: now })
      .where('user_id', '=', userId)
      .where('revoked_at', 'is', null),
  );
  addAudit(unitOfWork, { type: 'second-factors.removed', tenantId, userId, sessionId: null }, actor, now);
  addNotice(outbox, { account, unitOfWork, now }, { name: 'second-factors-removed' });
  await unitOfWork.commit(em);
  return true;
}

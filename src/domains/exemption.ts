// Administrators who may sign in without the identity provider of their domain, for example when it cannot be reached. Each is
// named, and needs a second factor. Nobody names themselves.
import { sql as raw } from 'kysely';
import { hasSecondFactor, lockUser } from '../factors/account.ts';
import type { Administrator } from '../factors/administration.ts';
import { addAudit } from '../persistence/audit.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { ExemptionRefused } from './errors.ts';

/** False when the tenant has no such user. @throws {ExemptionRefused} */
export async function setExemption(
  userId: string,
  isExempt: boolean,
  { em, tenantId, actor, now }: Administrator,
): Promise<boolean> {
  if (isExempt && actor.userId === userId) throw new ExemptionRefused();
  const unitOfWork = new UnitOfWork();
  let isFound = true;
  unitOfWork.require(async (sql) => {
    await lockUser(sql, userId);
    const user = await sql
      .selectFrom('user_account')
      .select(raw<boolean>`roles ? 'ADMIN'`.as('is_administrator'))
      .where('id', '=', userId)
      .where('tenant_id', '=', tenantId)
      .executeTakeFirst();
    isFound = user !== undefined;
    if (!isFound) return false;
    const mayBe = user?.is_administrator === true && (await hasSecondFactor(sql, userId));
    if (isExempt && !mayBe) throw new ExemptionRefused();
    return true;
  });
  unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('user_account')
      .set({ without_provider: isExempt })
      .where('id', '=', userId)
      .where('tenant_id', '=', tenantId)
      .returning('id'),
  );
  const type = isExempt ? 'provider-exemption.granted' : 'provider-exemption.withdrawn';
  addAudit(unitOfWork, { type, tenantId, userId, sessionId: null }, actor, now);
  try {
    await unitOfWork.commit(em);
    return true;
  } catch (error) {
    if (!isFound) return false;
    throw error;
  }
}

// Finds a user of one tenant.
import { type EntityManager, sqlOf } from '../persistence/orm.ts';

/** Null if the tenant has no such user. */
export async function findUser(
  em: EntityManager,
  id: string,
  tenantId: string,
): Promise<{ readonly id: string } | null> {
  const row = await sqlOf(em)
    .selectFrom('user_account')
    .select('id')
    .where('id', '=', id)
    .where('tenant_id', '=', tenantId)
    .executeTakeFirst();
  return row ?? null;
}

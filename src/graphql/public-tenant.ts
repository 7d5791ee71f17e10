// The tenant that somebody means who has not signed in. An unknown one is taken for the default one: nobody learns which
// tenants there are.
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import type { Sql } from '../persistence/orm.ts';
import { parseInput, tenantId } from './input.ts';

/** @throws {InvalidInput} for what can be no tenant's name. */
export async function publicTenant(sql: Sql, name: string | null | undefined) {
  return sql
    .selectFrom('tenant')
    .selectAll()
    .where('id', 'in', [parseInput(tenantId, name ?? DEFAULT_TENANT), DEFAULT_TENANT])
    .orderBy((it) => it('id', '=', DEFAULT_TENANT))
    .executeTakeFirstOrThrow();
}

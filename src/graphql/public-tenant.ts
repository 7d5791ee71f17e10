// The tenant that a client names before anyone has signed in. An unknown name gives the default tenant, so that nobody
// can find out which tenants exist.
import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import type { Sql } from '../persistence/orm.ts';
import { parseInput, tenantId } from './input.ts';

/** @throws {InvalidInput} if the text cannot be a tenant name. */
export async function publicTenant(sql: Sql, name: string | null | undefined) {
  return sql
    .selectFrom('tenant')
    .selectAll()
    .where('id', 'in', [parseInput(tenantId, name ?? DEFAULT_TENANT), DEFAULT_TENANT])
    .orderBy((it) => it('id', '=', DEFAULT_TENANT))
    .executeTakeFirstOrThrow();
}

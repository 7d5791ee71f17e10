// Reads a tenant by name. An unknown name gives the default tenant, so that nobody can find out which tenants exist.
import { DEFAULT_TENANT } from './entities/tenant.ts';
import { type EntityManager, sqlOf } from './orm.ts';

export type FoundTenant = Awaited<ReturnType<typeof tenantOrDefault>>;

export async function tenantOrDefault(em: EntityManager, id: string) {
  return sqlOf(em)
    .selectFrom('tenant')
    .selectAll()
    .where('id', 'in', [id, DEFAULT_TENANT])
    .orderBy((it) => it('id', '=', DEFAULT_TENANT))
    .executeTakeFirstOrThrow();
}

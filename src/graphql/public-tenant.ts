// The tenant that a client names before anyone has signed in.

import { DEFAULT_TENANT } from '../persistence/entities/tenant.ts';
import { type FoundTenant, tenantOrDefault } from '../persistence/find-tenant.ts';
import type { EntityManager } from '../persistence/orm.ts';
import { parseInput, tenantId } from './input.ts';

/** @throws {InvalidInput} if the text cannot be a tenant name. */
export async function publicTenant(em: EntityManager, name: string | null | undefined): Promise<FoundTenant> {
  return tenantOrDefault(em, parseInput(tenantId, name ?? DEFAULT_TENANT));
}

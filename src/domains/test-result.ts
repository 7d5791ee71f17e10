// What a test sign-in at the provider of a domain leaves: the configuration with which it succeeded.
import type { Sql } from '../persistence/orm.ts';
import { statement } from '../persistence/statement.ts';
import type { DomainRow } from './domain.ts';

export async function findDomainById(sql: Sql, tenantId: string, id: string): Promise<DomainRow | null> {
  const row = await sql
    .selectFrom('email_domain')
    .selectAll()
    .where('tenant_id', '=', tenantId)
    .where('id', '=', id)
    .executeTakeFirst();
  return row ?? null;
}

interface Tested {
  readonly tenantId: string;
  readonly domainId: string;
  readonly digest: string;
  readonly now: Date;
}

/** Fails if the domain is gone, or no longer proved. */
export const noteTest = statement((sql, { tenantId, domainId, digest, now }: Tested) =>
  sql
    .updateTable('email_domain')
    .set({ tested_digest: digest, tested_at: now })
    .where('tenant_id', '=', tenantId)
    .where('id', '=', domainId)
    .where('verified_at', 'is not', null)
    .returning('name'),
);

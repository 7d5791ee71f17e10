// Ends the sign-ins that were sent to the provider of a domain and have not completed (I5).
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';

/** A step that commits at the same time either finishes first or finds that the workflow has ended. */
export async function endFlowsOf(
  sql: Sql,
  { tenantId, domainId }: { readonly tenantId: string; readonly domainId: string },
  now: Date,
): Promise<void> {
  await sql
    .updateTable('workflow')
    .set((it) => ({ expires_at: it.ref('created_at'), revision: it('revision', '+', 1) }))
    .where('tenant_id', '=', tenantId)
    .where('expires_at', '>', now)
    .where(raw<boolean>`snapshot #>> '{context,domainId}' = ${domainId}`)
    .execute();
}

// Removes a domain. Its users are released, its pending sign-ins end, and nobody is deleted.
import type { Administrator } from '../factors/administration.ts';
import { addAudit } from '../persistence/audit.ts';
import { sqlOf } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { DomainServices } from './add-domain.ts';
import { administratorsOf, tellAdministrators } from './administrators.ts';
import { type Domain, findDomain, presented } from './domain.ts';
import { endFlowsOf } from './end-flows.ts';

/** @returns the domain as it was. Null when the tenant does not have it. */
export async function removeDomain(
  { providers, outbox }: DomainServices,
  name: string,
  { em, tenantId, actor, now }: Administrator,
): Promise<Domain | null> {
  const sql = sqlOf(em);
  const row = await findDomain(sql, tenantId, name);
  if (row === null) return null;
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (transaction) => {
    await endFlowsOf(transaction, { tenantId, domainId: row.id }, now);
    return true;
  });
  unitOfWork.requireWrite((db) =>
    db
      .deleteFrom('email_domain')
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .where('id', '=', row.id)
      .returning('name'),
  );
  addAudit(
    unitOfWork,
    { type: 'domain.removed', tenantId, userId: null, sessionId: null, about: name },
    actor,
    now,
  );
  if (row.activated_at !== null)
    tellAdministrators(
      outbox,
      await administratorsOf(sql, tenantId),
      { name: 'domain-released', domain: name },
      { unitOfWork, now },
    );
  await unitOfWork.commit(em);
  return presented(row, providers);
}

// Activates a domain: from now on, its users sign in with its provider. Only what was tested is activated: the present
// configuration of the provider, since the domain was last proved.
import type { Administrator } from '../factors/administration.ts';
import { addAudit } from '../persistence/audit.ts';
import { sqlOf } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import type { DomainServices } from './add-domain.ts';
import { administratorsOf, tellAdministrators } from './administrators.ts';
import { type Domain, findDomain, presented } from './domain.ts';
import { DomainNotTested } from './errors.ts';

/** @returns null when the tenant does not have the domain. @throws {DomainNotTested} */
export async function activateDomain(
  { providers, outbox }: DomainServices,
  name: string,
  { em, tenantId, actor, now }: Administrator,
): Promise<Domain | null> {
  const sql = sqlOf(em);
  const row = await findDomain(sql, tenantId, name);
  if (row === null) return null;
  const provider = providers.find(tenantId, row.provider);
  const digest = provider?.configurationDigest ?? null;
  if (provider === null || digest === null || row.verified_at === null || row.tested_digest !== digest)
    throw new DomainNotTested();
  const unitOfWork = new UnitOfWork();
  unitOfWork.requireWrite((db) =>
    db
      .updateTable('email_domain')
      .set({ active_digest: digest, activated_at: row.activated_at ?? now })
      .where('tenant_id', '=', tenantId)
      .where('name', '=', name)
      .where('id', '=', row.id)
      .where('verified_at', 'is not', null)
      .where('tested_digest', '=', digest)
      .returning('name'),
  );
  const entry = { type: 'domain.activated', tenantId, userId: null, sessionId: null, about: name } as const;
  addAudit(unitOfWork, entry, actor, now);
  tellAdministrators(
    outbox,
    await administratorsOf(sql, tenantId),
    { name: 'domain-activated', domain: name, provider: provider.settings.name },
    { unitOfWork, now },
  );
  await unitOfWork.commit(em);
  const after = await findDomain(sql, tenantId, name);
  return after && presented(after, providers);
}

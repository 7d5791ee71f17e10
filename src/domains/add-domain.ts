// Adds a domain to a tenant, or gives it another provider. It captures nobody: it has to be proved, tested and activated.
// Whoever binds a provider needs the right on both (O4): it must serve the tenant of the administrator.
import { sql as raw } from 'kysely';
import type { Outbox } from '../delivery/outbox.ts';
import type { Administrator } from '../factors/administration.ts';
import { ProviderNotFound } from '../factors/oauth/errors.ts';
import type { Providers } from '../factors/oauth/providers.ts';
import { addAudit } from '../persistence/audit.ts';
import { sqlOf } from '../persistence/orm.ts';
import { UnitOfWork } from '../persistence/unit-of-work.ts';
import { randomId, randomToken } from '../platform/random.ts';
import { MOST_DOMAINS } from '../policy/domain-checks.ts';
import { administratorsOf, tellAdministrators } from './administrators.ts';
import { type Domain, findDomain, presented } from './domain.ts';
import { readDomain } from './domain-name.ts';
import { endFlowsOf } from './end-flows.ts';
import { DomainRefused, ProviderNotForDomains, TooManyDomains } from './errors.ts';

export interface DomainServices {
  readonly providers: Providers;
  readonly outbox: Outbox;
}

interface Wanted {
  readonly domain: string;
  readonly providerId: string;
}

/** @throws {DomainRefused} @throws {ProviderNotFound} @throws {ProviderNotForDomains} @throws {TooManyDomains} */
export async function addDomain(
  { providers, outbox }: DomainServices,
  { domain, providerId }: Wanted,
  { em, tenantId, actor, now }: Administrator,
): Promise<Domain> {
  const provider = providers.find(tenantId, providerId);
  if (provider === null) throw new ProviderNotFound();
  if (provider.domainRule === null || provider.settings.isExample) throw new ProviderNotForDomains();
  const read = await readDomain(domain);
  if ('defect' in read) throw new DomainRefused(read.defect);
  const { name } = read;
  const sql = sqlOf(em);
  const before = await findDomain(sql, tenantId, name);
  if (before?.provider === providerId) return presented(before, providers);
  const unitOfWork = new UnitOfWork();
  if (before === null) {
    const { count } = await sql
      .selectFrom('email_domain')
      .select(raw<number>`count(*)::int`.as('count'))
      .where('tenant_id', '=', tenantId)
      .executeTakeFirstOrThrow();
    if (count >= MOST_DOMAINS) throw new TooManyDomains();
    const fresh = { id: randomId(), token: randomToken(), provider: providerId, created_at: now };
    unitOfWork.insert('email_domain', { tenant_id: tenantId, name, ...fresh });
  } else {
    // The users of the old provider are released, and its sign-ins end.
    const id = randomId();
    unitOfWork.require(async (transaction) => {
      await endFlowsOf(transaction, { tenantId, domainId: before.id }, now);
      return true;
    });
    unitOfWork.requireWrite((db) =>
      db
        .updateTable('email_domain')
        .set({
          id,
          provider: providerId,
          tested_digest: null,
          tested_at: null,
          active_digest: null,
          activated_at: null,
        })
        .where('tenant_id', '=', tenantId)
        .where('name', '=', name)
        .where('id', '=', before.id)
        .returning('name'),
    );
    if (before.activated_at !== null) {
      const told = await administratorsOf(sql, tenantId);
      tellAdministrators(outbox, told, { name: 'domain-released', domain: name }, { unitOfWork, now });
    }
  }
  const type = before === null ? 'domain.added' : 'domain.provider-changed';
  addAudit(unitOfWork, { type, tenantId, userId: null, sessionId: null, about: name }, actor, now);
  await unitOfWork.commit(em);
  const after = await findDomain(sql, tenantId, name);
  if (after === null) throw new Error('The domain that was just added is gone.');
  return presented(after, providers);
}

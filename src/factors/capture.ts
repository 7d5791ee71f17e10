// The domain of an organization that captures a user: whoever has an address in it signs in with the identity provider that the
// organization has chosen. It is read with everything else of the account, so a change counts from the next step on.
import { type Expression, type RawBuilder, sql } from 'kysely';

export interface Capture {
  readonly domainId: string;
  readonly domain: string;
  readonly providerId: string;
  /** Of the provider's configuration with which the domain was activated. */
  readonly digest: string;
}

const CAPTURE = sql`jsonb_build_object(
  'domainId', d.id, 'domain', d.name, 'providerId', d.provider, 'digest', d.active_digest
)`;
const IS_ACTIVE = sql`d.verified_at is not null and d.activated_at is not null`;

/**
 * SQL for the domain that captures the user `u`: that of the address which was verified first, so that no later address
 * changes the provider. Before an account is activated, the address that it is about to verify counts.
 */
export const captureOfUser = sql`(
  select ${CAPTURE}
  from email_address e join email_domain d on d.tenant_id = e.tenant_id and d.name = split_part(e.address, '@', 2)
  where e.tenant_id = u.tenant_id and e.user_id = u.id and (e.verified_at is not null or u.activated_at is null) and ${IS_ACTIVE}
  order by e.verified_at nulls last, e.created_at limit 1
)`;

/** SQL for a domain that captures addresses, whoever has them. Null when it does not. */
export function captureOfDomain(
  tenantId: Expression<string>,
  domain: string | null,
): RawBuilder<Capture | null> {
  return sql<Capture | null>`(
    select ${CAPTURE} from email_domain d where d.tenant_id = ${tenantId} and d.name = ${domain} and ${IS_ACTIVE}
  )`;
}

// The domains of a tenant, as they are stored and shown.
import type { Providers } from '../factors/oauth/providers.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';

export const DomainStatus = {
  /** The proof has not been found yet. */
  UNPROVED: 'UNPROVED',
  /** The proof was missing for too long. */
  LOST: 'LOST',
  /** Proved. Nobody is captured. */
  DRAFT: 'DRAFT',
  /** Its users sign in with the provider. */
  ACTIVE: 'ACTIVE',
  /** Active, but nobody new until the changed configuration of the provider has been tested and activated. */
  CHANGED: 'CHANGED',
} as const;
export type DomainStatus = (typeof DomainStatus)[keyof typeof DomainStatus];

export interface Domain {
  readonly name: string;
  readonly providerId: string;
  /** Of the TXT record that proves it. */
  readonly record: { readonly name: string; readonly value: string };
  readonly status: DomainStatus;
  readonly verifiedAt: Date | null;
  readonly checkedAt: Date | null;
  readonly missingSince: Date | null;
  /** Null if the present configuration of the provider was not tested. */
  readonly testedAt: Date | null;
  readonly activatedAt: Date | null;
}

export type DomainRow = NonNullable<Awaited<ReturnType<typeof findDomain>>>;

export async function findDomain(sql: Sql, tenantId: string, name: string) {
  const row = await rows(sql, tenantId).where('name', '=', name).executeTakeFirst();
  return row ?? null;
}

export async function listDomains(
  em: EntityManager,
  providers: Providers,
  tenantId: string,
): Promise<Domain[]> {
  const found = await rows(sqlOf(em), tenantId).orderBy('name').execute();
  return found.map((row) => presented(row, providers));
}

function rows(sql: Sql, tenantId: string) {
  return sql.selectFrom('email_domain').selectAll().where('tenant_id', '=', tenantId);
}

export function recordOf({ name, token }: Pick<DomainRow, 'name' | 'token'>): Domain['record'] {
  return { name: `_stepgate.${name}`, value: `stepgate-domain=${token}` };
}

export function presented(row: DomainRow, providers: Providers): Domain {
  const current = providers.find(row.tenant_id, row.provider)?.configurationDigest ?? null;
  return {
    name: row.name,
    providerId: row.provider,
    record: recordOf(row),
    status: statusOf(row, current),
    verifiedAt: row.verified_at,
    checkedAt: row.checked_at,
    missingSince: row.missing_at,
    testedAt: row.tested_digest === current ? row.tested_at : null,
    activatedAt: row.activated_at,
  };
}

function statusOf(row: DomainRow, current: string | null): DomainStatus {
  if (row.verified_at === null) return row.lost_at === null ? 'UNPROVED' : 'LOST';
  if (row.activated_at === null) return 'DRAFT';
  return row.active_digest === current ? 'ACTIVE' : 'CHANGED';
}

// Looks up the proof of a domain, when an administrator asks and every week. A proof that is missing for a week, in every
// check, loses the domain: it captures nobody from then on, and its pending sign-ins end. Nobody is deleted. A name server
// that does not answer changes nothing.
import type { Administrator } from '../factors/administration.ts';
import { addAudit } from '../persistence/audit.ts';
import type { AuditType } from '../persistence/audit-type.ts';
import { type Sql, sqlOf } from '../persistence/orm.ts';
import { Conflict, UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds } from '../platform/clock.ts';
import { DOMAIN_CHECK_SECONDS, DOMAIN_RECHECK_SECONDS, isDomainLost } from '../policy/domain-checks.ts';
import type { DomainServices } from './add-domain.ts';
import { administratorsOf, tellAdministrators } from './administrators.ts';
import { type Domain, type DomainRow, findDomain, presented, recordOf } from './domain.ts';
import { endFlowsOf } from './end-flows.ts';
import { DnsUnavailable, DomainNotProved, DomainTaken } from './errors.ts';
import type { TxtRecords } from './txt-record.ts';

export interface CheckServices extends DomainServices {
  readonly records: TxtRecords;
}

/**
 * @returns null when the tenant does not have the domain.
 * @throws {DomainNotProved} @throws {DomainTaken} @throws {DnsUnavailable}
 */
export async function checkDomain(
  services: CheckServices,
  name: string,
  administrator: Administrator,
): Promise<Domain | null> {
  const sql = sqlOf(administrator.em);
  const row = await findDomain(sql, administrator.tenantId, name);
  if (row === null) return null;
  const record = recordOf(row);
  const found = await services.records.lookUp(record.name, record.value);
  if (found === 'UNKNOWN') throw new DnsUnavailable();
  if (row.verified_at === null) {
    await note(row, { checked_at: administrator.now }, null, administrator);
    if (found === 'ABSENT') throw new DomainNotProved();
    await prove(row, administrator);
  } else if (found === 'FOUND') await keep(row, administrator);
  else await miss(services, row, administrator);
  const after = await findDomain(sql, administrator.tenantId, name);
  return after && presented(after, services.providers);
}

/** The same for the weekly check, which has nobody to tell of a failure. */
export async function recheckDomain(
  services: CheckServices,
  row: DomainRow,
  administrator: Administrator,
): Promise<void> {
  const record = recordOf(row);
  const found = await services.records.lookUp(record.name, record.value);
  if (found === 'FOUND') await keep(row, administrator);
  else if (found === 'ABSENT') await miss(services, row, administrator);
  else
    await note(
      row,
      { next_check_at: addSeconds(administrator.now, DOMAIN_RECHECK_SECONDS) },
      null,
      administrator,
    );
}

async function prove(row: DomainRow, administrator: Administrator): Promise<void> {
  const { em, now } = administrator;
  const proved = { verified_at: now, checked_at: now, lost_at: null, ...dueIn(DOMAIN_CHECK_SECONDS, now) };
  await note(row, proved, 'domain.proved', administrator).catch(async (error: unknown) => {
    // Whether the present owner still has it is looked up soon.
    const { numUpdatedRows } = await sqlOf(em)
      .updateTable('email_domain')
      .set({ next_check_at: now })
      .where('name', '=', row.name)
      .where('verified_at', 'is not', null)
      .where('tenant_id', '<>', row.tenant_id)
      .executeTakeFirstOrThrow();
    throw error instanceof Conflict && numUpdatedRows > 0n ? new DomainTaken() : error;
  });
}

function keep(row: DomainRow, administrator: Administrator): Promise<void> {
  const { now } = administrator;
  const kept = { checked_at: now, missing_at: null, ...dueIn(DOMAIN_CHECK_SECONDS, now) };
  return note(row, kept, null, administrator);
}

async function miss(services: CheckServices, row: DomainRow, administrator: Administrator): Promise<void> {
  const { em, tenantId, now } = administrator;
  if (isDomainLost(row.missing_at, now)) return lose(services, row, administrator);
  const missed = {
    checked_at: now,
    missing_at: row.missing_at ?? now,
    ...dueIn(DOMAIN_RECHECK_SECONDS, now),
  };
  if (row.missing_at !== null) return note(row, missed, null, administrator);
  const unitOfWork = new UnitOfWork();
  tellAdministrators(
    services.outbox,
    await administratorsOf(sqlOf(em), tenantId),
    { name: 'domain-missing', domain: row.name, record: recordOf(row) },
    { unitOfWork, now },
  );
  await note(row, missed, 'domain.missing', administrator, unitOfWork);
}

/** What was tested and activated belonged to whoever had the domain. */
async function lose({ outbox }: CheckServices, row: DomainRow, administrator: Administrator): Promise<void> {
  const { em, tenantId, now } = administrator;
  const unitOfWork = new UnitOfWork();
  unitOfWork.require(async (sql: Sql) => {
    await endFlowsOf(sql, { tenantId, domainId: row.id }, now);
    return true;
  });
  tellAdministrators(
    outbox,
    await administratorsOf(sqlOf(em), tenantId),
    { name: 'domain-lost', domain: row.name },
    { unitOfWork, now },
  );
  const lost = {
    checked_at: now,
    lost_at: now,
    verified_at: null,
    missing_at: null,
    next_check_at: null,
    tested_digest: null,
    tested_at: null,
    active_digest: null,
    activated_at: null,
  };
  await note(row, lost, 'domain.lost', administrator, unitOfWork);
}

function dueIn(seconds: number, now: Date) {
  return { next_check_at: addSeconds(now, seconds) };
}

type Change = Partial<Omit<DomainRow, 'tenant_id' | 'name' | 'id'>>;

/** Fails if the domain was removed or proved meanwhile, or has been given another provider. */
async function note(
  row: DomainRow,
  change: Change,
  type: AuditType | null,
  { em, tenantId, actor, now }: Administrator,
  unitOfWork = new UnitOfWork(),
): Promise<void> {
  unitOfWork.requireWrite((sql) =>
    sql
      .updateTable('email_domain')
      .set(change)
      .where('tenant_id', '=', tenantId)
      .where('name', '=', row.name)
      .where('id', '=', row.id)
      .where('verified_at', 'is not distinct from', row.verified_at)
      .returning('name'),
  );
  if (type !== null)
    addAudit(unitOfWork, { type, tenantId, userId: null, sessionId: null, about: row.name }, actor, now);
  await unitOfWork.commit(em);
}

// The weekly check of all domains that are proved. Each is committed by itself, so that one failure keeps no other waiting.
import { byAnonymous } from '../persistence/audit.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import type { Clock } from '../platform/clock.ts';
import type { Log } from '../platform/log.ts';
import { type CheckServices, recheckDomain } from './check-domain.ts';

/** The rest waits for the next run. */
const BATCH = 100;

interface Run {
  readonly em: () => EntityManager;
  readonly clock: Clock;
  readonly log: Log;
  readonly signal: AbortSignal;
}

/** @returns how many were due. */
export async function recheckDomains(
  services: CheckServices,
  { em, clock, log, signal }: Run,
): Promise<number> {
  const due = await sqlOf(em())
    .selectFrom('email_domain')
    .selectAll()
    .where('next_check_at', '<=', clock.now())
    .orderBy('next_check_at')
    .limit(BATCH)
    .execute();
  for (const row of due) {
    if (signal.aborted) break;
    const actor = byAnonymous({ ip: null, userAgent: 'weekly check of domains' });
    const administrator = { em: em(), tenantId: row.tenant_id, actor, now: clock.now() };
    await recheckDomain(services, row, administrator).catch((err: unknown) =>
      log.error({ err, tenant: row.tenant_id }, 'could not check a domain'),
    );
  }
  return due.length;
}

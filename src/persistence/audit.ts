// The audit log: what happened, to whom, from where. Words and ids only.

import { randomId } from '../platform/random.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Row, Settlement } from './settlement.ts';

export interface AuditEntry {
  /** A word of the product and what happened to it, for example `sign-in.complete`. */
  readonly type: string;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly factor?: FactorKind | null;
}

/** Who caused it. */
interface AuditClient {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

export function addAudit(settlement: Settlement, entry: AuditEntry, client: AuditClient, now: Date): void {
  settlement.insert('audit_event', auditRow(entry, client, now));
}

export function auditRow(entry: AuditEntry, client: AuditClient, now: Date): Row<'audit_event'> {
  return {
    id: randomId(),
    occurred_at: now,
    type: entry.type,
    tenant_id: entry.tenantId,
    user_id: entry.userId,
    session_id: entry.sessionId,
    factor: entry.factor ?? null,
    ip: client.ip,
    user_agent: client.userAgent,
  };
}

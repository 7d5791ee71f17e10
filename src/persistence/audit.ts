// The audit log: what happened, to whom, from where. Words and ids only.

import { randomId } from '../platform/random.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { Settlement } from './settlement.ts';

export interface AuditEntry {
  /** A word of the product and what happened to it, for example `sign-in.complete`. */
  readonly type: string;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  readonly factor?: FactorKind | null;
}

export function addAudit(
  settlement: Settlement,
  entry: AuditEntry,
  client: { readonly ip: string | null; readonly userAgent: string | null },
  now: Date,
): void {
  settlement.insert('audit_event', {
    id: randomId(),
    occurred_at: now,
    type: entry.type,
    tenant_id: entry.tenantId,
    user_id: entry.userId,
    session_id: entry.sessionId,
    factor: entry.factor ?? null,
    ip: client.ip,
    user_agent: client.userAgent,
  });
}

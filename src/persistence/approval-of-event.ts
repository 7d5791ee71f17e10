// Finds the audit event that keeps the record of an approval.
import type { AuditType } from './audit-type.ts';
import type { Sql } from './orm.ts';

export interface ApprovalEvent {
  readonly id: string;
  readonly occurredAt: Date;
  readonly type: AuditType;
  readonly tenantId: string;
  readonly userId: string | null;
  readonly sessionId: string | null;
  /** Sealed. */
  readonly approval: string;
}

/** Null when the event is not there, or approves no operation. */
export async function approvalOfEvent(sql: Sql, eventId: string): Promise<ApprovalEvent | null> {
  const row = await sql
    .selectFrom('audit_event')
    .select(['id', 'occurred_at', 'type', 'tenant_id', 'user_id', 'session_id', 'approval'])
    .where('id', '=', eventId)
    .where('approval', 'is not', null)
    .executeTakeFirst();
  if (row === undefined || row.approval === null) return null;
  return {
    id: row.id,
    occurredAt: row.occurred_at,
    type: row.type,
    tenantId: row.tenant_id,
    userId: row.user_id,
    sessionId: row.session_id,
    approval: row.approval,
  };
}

// The audit log: what happened, to whom, by whom, from where. Words and ids only.

import { randomId } from '../platform/random.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { AuditType } from './audit-type.ts';
import type { Row, Settlement } from './settlement.ts';

export const ActorKind = {
  /** The subject, signed in. */
  USER: 'USER',
  /** Another user, who has the right to act on the subject. */
  ADMINISTRATOR: 'ADMINISTRATOR',
  /** A command at the machine. */
  OPERATOR: 'OPERATOR',
  /** The server, by itself. */
  SYSTEM: 'SYSTEM',
  /** A client that nobody was signed in to: it may or may not be the subject. */
  ANONYMOUS: 'ANONYMOUS',
} as const;
export type ActorKind = (typeof ActorKind)[keyof typeof ActorKind];

export interface AuditEntry {
  readonly type: AuditType;
  readonly tenantId: string;
  /** The subject: whose account it was about. */
  readonly userId: string | null;
  /** The session that it was about. */
  readonly sessionId: string | null;
  readonly factor?: FactorKind | null;
}

interface AuditClient {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Who did it, and with what program. */
export interface AuditActor extends AuditClient {
  readonly kind: ActorKind;
  readonly userId: string | null;
  readonly sessionId: string | null;
}

interface ActingSession {
  /** Null at the end of a workflow that starts no session. */
  readonly id: string | null;
  readonly userId: string;
}

/** A signed-in user who changes something of their own. */
export function byUser(session: ActingSession, client: AuditClient): AuditActor {
  return bySession('USER', session, client);
}

/** A signed-in user who changes something of somebody else's. */
export function byAdministrator(session: ActingSession, client: AuditClient): AuditActor {
  return bySession('ADMINISTRATOR', session, client);
}

function bySession(kind: ActorKind, session: ActingSession, { ip, userAgent }: AuditClient): AuditActor {
  return { kind, userId: session.userId, sessionId: session.id, ip, userAgent };
}

export function byAnonymous({ ip, userAgent }: AuditClient): AuditActor {
  return { kind: 'ANONYMOUS', userId: null, sessionId: null, ip, userAgent };
}

/** Somebody at the machine, who needs no account. @param command what they ran. */
export function byOperator(command: string): AuditActor {
  return { kind: 'OPERATOR', userId: null, sessionId: null, ip: null, userAgent: `${command} command` };
}

export function addAudit(settlement: Settlement, entry: AuditEntry, actor: AuditActor, now: Date): void {
  settlement.insert('audit_event', auditRow(entry, actor, now));
}

export function auditRow(entry: AuditEntry, actor: AuditActor, now: Date): Row<'audit_event'> {
  return {
    id: randomId(),
    occurred_at: now,
    type: entry.type,
    tenant_id: entry.tenantId,
    user_id: entry.userId,
    session_id: entry.sessionId,
    factor: entry.factor ?? null,
    actor_kind: actor.kind,
    actor_user_id: actor.userId,
    actor_session_id: actor.sessionId,
    ip: actor.ip,
    user_agent: actor.userAgent,
  };
}

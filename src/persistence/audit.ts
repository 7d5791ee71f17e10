// The audit log: what happened to whom, who did it, and from where. It contains only words and ids, and sealed what a key of
// the user has signed.
import { randomId } from '../platform/random.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import type { ActorKind } from './actor-kind.ts';
import type { AuditType } from './audit-type.ts';
import type { Row, UnitOfWork } from './unit-of-work.ts';

export interface AuditEntry {
  readonly type: AuditType;
  readonly tenantId: string;
  /** The subject, whose account is concerned. */
  readonly userId: string | null;
  /** The session concerned. */
  readonly sessionId: string | null;
  readonly factor?: FactorKind | null;
  /** The domain concerned. */
  readonly about?: string | null;
  /** What shows later who approved an operation, sealed for this event. */
  readonly approval?: ((eventId: string) => string) | null;
}

interface AuditClient {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Who did it, and with which client. */
export interface AuditActor extends AuditClient {
  readonly kind: ActorKind;
  readonly userId: string | null;
  readonly sessionId: string | null;
}

interface ActingSession {
  /** Null when a workflow ends without starting a session. */
  readonly id: string | null;
  readonly userId: string;
  /** Set if it is the session of an agent. */
  readonly agent?: object | null;
}

/** A signed-in user, or an agent of theirs, who changes their own account. */
export function byUser(session: ActingSession, client: AuditClient): AuditActor {
  return bySession(session.agent ? 'AGENT' : 'USER', session, client);
}

/** A signed-in user who changes someone else's account. */
export function byAdministrator(session: ActingSession, client: AuditClient): AuditActor {
  return bySession('ADMINISTRATOR', session, client);
}

function bySession(kind: ActorKind, session: ActingSession, { ip, userAgent }: AuditClient): AuditActor {
  return { kind, userId: session.userId, sessionId: session.id, ip, userAgent };
}

export function byAnonymous({ ip, userAgent }: AuditClient): AuditActor {
  return { kind: 'ANONYMOUS', userId: null, sessionId: null, ip, userAgent };
}

/** An operator on the command line, who needs no account. @param command the command that was run. */
export function byOperator(command: string): AuditActor {
  return { kind: 'OPERATOR', userId: null, sessionId: null, ip: null, userAgent: `${command} command` };
}

/** The server by itself. */
export const BY_SYSTEM: AuditActor = {
  kind: 'SYSTEM',
  userId: null,
  sessionId: null,
  ip: null,
  userAgent: null,
};

export function addAudit(unitOfWork: UnitOfWork, entry: AuditEntry, actor: AuditActor, now: Date): void {
  unitOfWork.insert('audit_event', auditRow(entry, actor, now));
}

export function auditRow(entry: AuditEntry, actor: AuditActor, now: Date): Row<'audit_event'> {
  const id = randomId();
  return {
    id,
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
    about: entry.about ?? null,
    approval: entry.approval?.(id) ?? null,
  };
}

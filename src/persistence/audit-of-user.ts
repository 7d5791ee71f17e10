// Reads the audit events of a user as the user may see them: with their own network addresses, never other people's.
import type { FactorKind } from '../policy/factor-kind.ts';
import type { ActorKind } from './actor-kind.ts';
import type { AuditType } from './audit-type.ts';
import { type EntityManager, sqlOf } from './orm.ts';

export interface AuditEvent {
  readonly id: string;
  readonly type: string;
  readonly factor: FactorKind | null;
  readonly occurredAt: Date;
  readonly actor: ActorKind | null;
  readonly count: number;
  readonly ip: string | null;
  readonly userAgent: string | null;
}

const MOST_EVENTS = 100;

/**
 * For events recorded before actors were: these types are always caused by other people, so the addresses are not the
 * user's.
 */
const CAUSED_BY_OTHERS: readonly AuditType[] = [
  'user.unlocked',
  'second-factors.removed',
  'user.imported',
  'role.granted',
  'role.withdrawn',
];

/** Whether the network address and the program of an event are those of somebody else. */
export function isByOthers({ type, actor }: { readonly type?: unknown; readonly actor?: unknown }): boolean {
  return actor === null ? CAUSED_BY_OTHERS.some((one) => one === type) : actor === 'ADMINISTRATOR';
}

/** Lists the events of a user, newest first. */
export async function listAuditEvents(em: EntityManager, userId: string): Promise<AuditEvent[]> {
  const rows = await sqlOf(em)
    .selectFrom('audit_event')
    .select(['id', 'type', 'factor', 'occurred_at', 'actor_kind', 'ip', 'user_agent', 'count'])
    .where('user_id', '=', userId)
    .orderBy('occurred_at', 'desc')
    .limit(MOST_EVENTS)
    .execute();
  return rows.map((row) => {
    const { id, type, factor, occurred_at: occurredAt, actor_kind: actor, count } = row;
    const client = isByOthers({ type, actor })
      ? { ip: null, userAgent: null }
      : { ip: row.ip, userAgent: row.user_agent };
    return { id, type, factor, occurredAt, actor, count, ...client };
  });
}

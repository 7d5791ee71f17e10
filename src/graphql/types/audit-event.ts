// What happened to an account, as its user may see it: their own addresses, and nobody else's.
import { ActorKind } from '../../persistence/audit.ts';
import { AUDIT_TYPES, type AuditType } from '../../persistence/audit-type.ts';
import type { Sql } from '../../persistence/orm.ts';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { builder } from '../builder.ts';
import { describedEnum } from './described-enum.ts';
import { FactorKindEnum } from './enums.ts';

interface AuditEventShape {
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

/** Events from before actors were recorded. Somebody else caused these, so their addresses are not the user's. */
const CAUSED_BY_OTHERS: readonly AuditType[] = [
  'user.unlocked',
  'second-factors.removed',
  'user.imported',
  'role.granted',
  'role.withdrawn',
];

/** The newest first. */
export async function listAuditEvents(sql: Sql, userId: string): Promise<AuditEventShape[]> {
  const rows = await sql
    .selectFrom('audit_event')
    .select(['id', 'type', 'factor', 'occurred_at', 'actor_kind', 'ip', 'user_agent', 'count'])
    .where('user_id', '=', userId)
    .orderBy('occurred_at', 'desc')
    .limit(MOST_EVENTS)
    .execute();
  return rows.map((row) => {
    const { id, type, factor, occurred_at: occurredAt, actor_kind: actor, count } = row;
    const isOthers = actor === null ? CAUSED_BY_OTHERS.includes(type) : actor === 'ADMINISTRATOR';
    const client = isOthers ? { ip: null, userAgent: null } : { ip: row.ip, userAgent: row.user_agent };
    return { id, type, factor, occurredAt, actor, count, ...client };
  });
}

const AuditActorEnum = describedEnum<ActorKind>('AuditActor', 'Who caused an audit event.', {
  [ActorKind.USER]: 'The user, signed in.',
  [ActorKind.ADMINISTRATOR]: 'An administrator.',
  [ActorKind.OPERATOR]: 'An operator, with a command at the machine.',
  [ActorKind.SYSTEM]: 'The server, by itself.',
  [ActorKind.ANONYMOUS]: 'A client that was not signed in: the user, or somebody else.',
});

const TYPES = Object.entries(AUDIT_TYPES).map(([type, meaning]) => `- \`${type}\`: ${meaning}`);

export const AuditEventType = builder.objectRef<AuditEventShape>('AuditEvent').implement({
  description: 'Something that happened to an account.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the event.' }),
    type: t.exposeString('type', {
      description: `What happened. New types may be added.\n\n${TYPES.join('\n')}`,
    }),
    factor: t.field({
      type: FactorKindEnum,
      nullable: true,
      description: 'The factor that the event was about.',
      resolve: (it) => it.factor,
    }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When it happened.' }),
    actor: t.field({
      type: AuditActorEnum,
      nullable: true,
      description: 'Who caused it. Null for events from before this was recorded.',
      resolve: (it) => it.actor,
    }),
    count: t.exposeInt('count', {
      description: 'How often it happened. More than once only for refusals, which are counted together.',
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description: 'The network address of the client that caused it. Null when an administrator caused it.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description: 'The program that caused it. Null when an administrator caused it.',
    }),
  }),
});

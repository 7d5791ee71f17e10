// The audit events of an account, as its user may see them.
import { ActorKind } from '../../persistence/actor-kind.ts';
import type { AuditEvent } from '../../persistence/audit-of-user.ts';
import { AUDIT_TYPES } from '../../persistence/audit-type.ts';
import { builder } from '../builder.ts';
import { describedEnum } from './described-enum.ts';
import { FactorKindEnum } from './enums.ts';

const AuditActorEnum = describedEnum<ActorKind>('AuditActor', 'Who caused an audit event.', {
  [ActorKind.USER]: 'The user, while signed in.',
  [ActorKind.AGENT]: 'An agent of the user, with a token of `createAgentToken`.',
  [ActorKind.ADMINISTRATOR]: 'An administrator of the tenant, through this API.',
  [ActorKind.OPERATOR]: 'An operator, with the `stepgate` command on the server.',
  [ActorKind.SYSTEM]: 'The server itself.',
  [ActorKind.ANONYMOUS]: 'A client that was not signed in: the user or someone else.',
});

const TYPES = Object.entries(AUDIT_TYPES).map(([type, meaning]) => `- \`${type}\`: ${meaning}`);

export const AuditEventType = builder.objectRef<AuditEvent>('AuditEvent').implement({
  description: 'An event in the audit trail of a user account.',
  fields: (t) => ({
    id: t.exposeID('id', { description: 'The id of the event.' }),
    type: t.exposeString('type', {
      description: `The type of the event. New types may be added.\n\n${TYPES.join('\n')}`,
    }),
    factor: t.field({
      type: FactorKindEnum,
      nullable: true,
      description: 'The factor that the event concerns. Null if it concerns none.',
      resolve: (it) => it.factor,
    }),
    occurredAt: t.expose('occurredAt', { type: 'DateTime', description: 'When the event happened.' }),
    actor: t.field({
      type: AuditActorEnum,
      nullable: true,
      description: 'Who caused the event. Null for events from before actors were recorded.',
      resolve: (it) => it.actor,
    }),
    count: t.exposeInt('count', {
      description:
        'How many times the event happened. Repeated refusals are recorded as one event; for all other types, this is 1.',
    }),
    ip: t.exposeString('ip', {
      nullable: true,
      description:
        'The IP address of the client that caused the event. Null if it is unknown or an administrator caused the event.',
    }),
    userAgent: t.exposeString('userAgent', {
      nullable: true,
      description:
        'The `User-Agent` header of the client that caused the event. Null if it is unknown or an administrator caused the event.',
    }),
  }),
});

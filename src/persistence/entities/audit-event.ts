// An audit event: what happened to an account. It contains only words, ids and sealed signatures, never a code or token.
// The table is divided by month: audit-partitions.ts.
import { defineEntity, p } from '@mikro-orm/core';
import type { FactorKind } from '../../policy/factor-kind.ts';
import type { ActorKind } from '../actor-kind.ts';
import type { AuditType } from '../audit-type.ts';

export const AuditEvent = defineEntity({
  name: 'AuditEvent',
  properties: {
    occurredAt: p.datetime().primary(),
    id: p.uuid().primary(),
    type: p.string().length(48).$type<AuditType>(),
    tenantId: p.string().length(64),
    /** The subject. */
    userId: p.uuid().nullable(),
    sessionId: p.uuid().nullable(),
    factor: p.string().length(16).$type<FactorKind>().nullable(),
    /** Null in events from before actors were recorded. */
    actorKind: p.string().length(16).$type<ActorKind>().nullable(),
    actorUserId: p.uuid().nullable(),
    actorSessionId: p.uuid().nullable(),
    /** The address of the actor's client. */
    ip: p.string().length(64).nullable(),
    userAgent: p.string().length(256).nullable(),
    /** How often it happened. Greater than 1 only for refusals, which are recorded together. */
    count: p.integer().default(1),
    /** The domain concerned. */
    about: p.string().length(253).nullable(),
    /** What shows who approved which operation, with which key. Sealed, because it contains arguments. */
    approval: p.text().nullable(),
  },
  indexes: [
    { properties: ['userId', 'occurredAt'] },
    { properties: ['id'], where: { approval: { $ne: null } } },
    // What users did to the accounts of others.
    { properties: ['actorUserId', 'occurredAt'], where: { actorKind: 'ADMINISTRATOR' } },
  ],
});

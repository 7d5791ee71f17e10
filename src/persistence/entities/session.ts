// A session: a list of evidence, from which assurance and freshness are derived.
import { defineEntity, p } from '@mikro-orm/core';
import type { Evidence } from '../../policy/evidence.ts';
import { Tenant } from './tenant.ts';
import { type Role, User } from './user.ts';

export const Session = defineEntity({
  name: 'Session',
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    evidence: p.json<Evidence[]>(),
    /** The digest of the token of the device on which it began. */
    deviceDigest: p.string().length(43).nullable(),
    ip: p.string().length(64).nullable(),
    userAgent: p.string().length(256).nullable(),
    createdAt: p.datetime(),
    lastSeenAt: p.datetime(),
    /** Extended at each refresh. */
    idleExpiresAt: p.datetime(),
    /** Never extended. */
    expiresAt: p.datetime(),
    /** The last time it was used after being idle for longer than AAL2 lasts. */
    resumedAt: p.datetime().nullable(),
    /** The name of the agent whose session it is. Null for a person. */
    agentName: p.string().length(64).nullable(),
    /** The roles that the agent may use, if its user still has them. */
    agentRoles: p.json<Role[]>().nullable(),
    /** The session in which the agent got its token, until that session signs out. */
    agentOf: p.uuid().nullable(),
    revokedAt: p.datetime().nullable(),
  },
  // Sessions to delete.
  indexes: [
    {
      name: 'session_ended_index',
      expression: 'create index "session_ended_index" on "session" (least("expires_at", "revoked_at"))',
    },
  ],
});

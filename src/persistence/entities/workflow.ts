// One run of one chart. Its primary key is a digest of the id that the client holds: reading this table drives
// nobody's workflow. The snapshot holds ids, factor kinds, requirements and times, and never a secret.
import { defineEntity, p } from '@mikro-orm/core';
import { Session } from './session.ts';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const Workflow = defineEntity({
  name: 'Workflow',
  properties: {
    id: p.string().length(43).primary(),
    chart: p.string().length(32),
    machineVersion: p.string().length(16),
    tenant: () => p.manyToOne(Tenant),
    /** Null for a decoy: a run for an account that does not exist. */
    user: () => p.manyToOne(User).nullable().deleteRule('cascade').index(),
    /** The session that an enrollment or a step-up belongs to; only that session drives it. */
    session: () => p.manyToOne(Session).nullable().deleteRule('cascade').index(),
    /** The known device that it was started on. */
    deviceId: p.uuid().nullable(),
    /** Whose lockout its failures count for. */
    subject: p.string().length(64),
    snapshot: p.json<object>(),
    /** The digest of the operation that a step-up is bound to, keyed. */
    operation: p.string().length(64).nullable(),
    /** What that operation does, in the words that its user is shown. Sealed: its arguments are in it. */
    approves: p.text().nullable(),
    revision: p.integer().default(0),
    attempts: p.integer().default(0),
    maxAttempts: p.integer(),
    createdAt: p.datetime(),
    expiresAt: p.datetime().index(),
  },
});

// A run of a chart. The primary key is a digest of the id that the client holds, so read access to this table does not
// allow driving a workflow. The snapshot contains ids, factor kinds, requirements and times, but no secrets.
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
    /** Null for a decoy, which runs for an account that does not exist. */
    user: () => p.manyToOne(User).nullable().deleteRule('cascade').index(),
    /** The session of an enrollment or a step-up. Only that session can drive it. */
    session: () => p.manyToOne(Session).nullable().deleteRule('cascade').index(),
    /** The known device on which it was started. */
    deviceId: p.uuid().nullable(),
    /** The lockout subject for its failures. */
    subject: p.string().length(64),
    snapshot: p.json<object>(),
    /** A keyed digest of the operation to which a step-up is bound. */
    operation: p.string().length(64).nullable(),
    /** The description of that operation for the user. Sealed, because it contains arguments. */
    approves: p.text().nullable(),
    /** What the digest of that operation is made of, sealed. Null if it is not recorded. */
    operationText: p.text().nullable(),
    /** The workflow of an agent that a bound step-up approves. Its proof is then for the agent's session. */
    agentRequest: p.string().length(43).nullable(),
    revision: p.integer().default(0),
    attempts: p.integer().default(0),
    maxAttempts: p.integer(),
    createdAt: p.datetime(),
    expiresAt: p.datetime().index(),
  },
});

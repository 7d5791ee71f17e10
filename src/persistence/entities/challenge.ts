// One outstanding demand for a proof: a code or a link that was sent. One for each workflow and factor; sending again
// replaces the code and keeps the workflow's attempts.
import { defineEntity, p } from '@mikro-orm/core';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { Workflow } from './workflow.ts';

export const Challenge = defineEntity({
  name: 'Challenge',
  properties: {
    id: p.uuid().primary(),
    workflow: () => p.manyToOne(Workflow).deleteRule('cascade'),
    factor: p.string().length(16).$type<FactorKind>(),
    /** Of a code, keyed, with the ids of its workflow and challenge; of a link's token, plain. */
    codeDigest: p.string().length(64).index(),
    /** The phone number that it went to, where there may be several. */
    authenticatorId: p.uuid().nullable(),
    /** Where it went, masked. */
    hint: p.string().length(64).nullable(),
    /** In the outbox: a message whose code is replaced before it was handed over is not sent any more. */
    messageId: p.uuid().nullable(),
    /** Who asked for it: what the visitor of a link is shown. */
    ip: p.string().length(64).nullable(),
    userAgent: p.string().length(256).nullable(),
    sentAt: p.datetime(),
    timesSent: p.integer().default(1),
    expiresAt: p.datetime(),
    /** When the visitor of its link said yes. */
    approvedAt: p.datetime().nullable(),
    consumedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['workflow', 'factor'] }],
});

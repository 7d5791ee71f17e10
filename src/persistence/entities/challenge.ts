// An outstanding challenge: a code or a link that was sent. One per workflow and factor. Sending again replaces the
// code and keeps the workflow's attempts.
import { defineEntity, p } from '@mikro-orm/core';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { Workflow } from './workflow.ts';

export const Challenge = defineEntity({
  name: 'Challenge',
  properties: {
    id: p.uuid().primary(),
    workflow: () => p.manyToOne(Workflow).deleteRule('cascade'),
    factor: p.string().length(16).$type<FactorKind>(),
    /** For a code, a keyed digest that includes the ids of workflow and challenge. For a link token, a plain digest. */
    codeDigest: p.string().length(64).index(),
    /** What its factor keeps with it, and the client is shown as `Challenge.request`. */
    data: p.json<object>().nullable(),
    /** What its factor keeps to itself, sealed. */
    secret: p.text().nullable(),
    /** The phone number or email address to which it was sent, if the user may have several. */
    authenticatorId: p.uuid().nullable(),
    /** The masked recipient. */
    hint: p.string().length(64).nullable(),
    /** The message in the outbox. If its code is replaced before the message is sent, it is not sent. */
    messageId: p.uuid().nullable(),
    /** The client that requested it, as shown to the visitor of a link. */
    ip: p.string().length(64).nullable(),
    userAgent: p.string().length(256).nullable(),
    sentAt: p.datetime(),
    timesSent: p.integer().default(1),
    expiresAt: p.datetime(),
    /** When the visitor of the link approved. */
    approvedAt: p.datetime().nullable(),
    consumedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['workflow', 'factor'] }],
});

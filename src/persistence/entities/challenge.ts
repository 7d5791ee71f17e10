// One outstanding demand for a proof: a code that was sent. One for each workflow and factor; sending again
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
    codeDigest: p.string().length(64),
    /** Where it went, masked. */
    hint: p.string().length(64).nullable(),
    sentAt: p.datetime(),
    timesSent: p.integer().default(1),
    expiresAt: p.datetime(),
    consumedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['workflow', 'factor'] }],
});

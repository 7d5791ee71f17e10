// A proof that was made for one operation with its arguments, and for nothing else. Used up by whoever runs the
// operation, before it runs.
import { defineEntity, p } from '@mikro-orm/core';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { Session } from './session.ts';

export const OperationGrant = defineEntity({
  name: 'OperationGrant',
  properties: {
    id: p.uuid().primary(),
    session: () => p.manyToOne(Session).deleteRule('cascade'),
    /** Of the operation, keyed: arguments may be guessed back from a plain one. */
    digest: p.string().length(64),
    /** What was proved, and when. */
    factor: p.string().length(16).$type<FactorKind>(),
    provedAt: p.datetime(),
    expiresAt: p.datetime().index(),
    consumedAt: p.datetime().nullable(),
  },
  indexes: [{ properties: ['session', 'digest'] }],
});

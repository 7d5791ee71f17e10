// A proof for one operation with its arguments. It is consumed just before the operation runs.
import { defineEntity, p } from '@mikro-orm/core';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { Session } from './session.ts';

export const OperationGrant = defineEntity({
  name: 'OperationGrant',
  properties: {
    id: p.uuid().primary(),
    session: () => p.manyToOne(Session).deleteRule('cascade'),
    /** A keyed digest of the operation. From a plain digest, the arguments could be guessed. */
    digest: p.string().length(64),
    /** The factor of the proof. */
    factor: p.string().length(16).$type<FactorKind>(),
    provedAt: p.datetime(),
    /** When what was proved was enrolled. Null when it is not known. */
    factorEnrolledAt: p.datetime().nullable(),
    expiresAt: p.datetime().index(),
    consumedAt: p.datetime().nullable(),
  },
  indexes: [{ properties: ['session', 'digest'] }],
});

// One registered instance of a factor that belongs to a user: this password, that TOTP secret. It counts from
// `confirmedAt` on, when it was proved for the first time.
import { defineEntity, p } from '@mikro-orm/core';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { User } from './user.ts';

export const Authenticator = defineEntity({
  name: 'Authenticator',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    factor: p.string().length(16).$type<FactorKind>(),
    label: p.string().length(64).nullable(),
    /** What its factor made of the secret: a password hash, a sealed TOTP secret. Never readable as it stands. */
    secret: p.text(),
    /** The newest TOTP time step that was accepted; no step is accepted twice (RFC 6238 section 5.2). */
    lastTimeStep: p.integer().nullable(),
    createdAt: p.datetime(),
    confirmedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
  },
  indexes: [{ properties: ['createdAt'], where: { confirmedAt: null } }], // enrollments to clear away
  // A second password of one user would be a second way in.
  uniques: [{ properties: ['user', 'factor'], where: { factor: 'PASSWORD' } }],
});

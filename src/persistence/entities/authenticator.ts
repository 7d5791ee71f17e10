// A user's registered instance of a factor, such as a password or a TOTP secret. It is active from `confirmedAt`, the
// time of its first proof.
import { defineEntity, p } from '@mikro-orm/core';
import type { FactorKind } from '../../policy/factor-kind.ts';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const Authenticator = defineEntity({
  name: 'Authenticator',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    factor: p.string().length(16).$type<FactorKind>(),
    label: p.string().length(64).nullable(),
    /** The secret in protected form, such as a password hash or a sealed TOTP secret. */
    secret: p.text(),
    /** What its factor keeps with it beside the secret. */
    data: p.json<object>().nullable(),
    /**
     * The latest accepted TOTP time step. It is in `data` as well. The column is for nodes of the version before `data`,
     * and a later release drops it.
     */
    lastTimeStep: p.integer().nullable(),
    /** Set with `identityDigest`. */
    tenant: () => p.manyToOne(Tenant).nullable().deleteRule('cascade'),
    /**
     * A digest of the id by which a proof names this authenticator, such as the credential id of a passkey. The account of
     * a sign-in without an identifier is found by it.
     */
    identityDigest: p.string().length(43).nullable(),
    createdAt: p.datetime(),
    confirmedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
  },
  indexes: [{ properties: ['createdAt'], where: { confirmedAt: null } }], // enrollments to delete
  uniques: [
    // A user cannot have two passwords.
    { properties: ['user', 'factor'], where: { factor: 'PASSWORD' } },
    { properties: ['tenant', 'identityDigest'], where: { identityDigest: { $ne: null } } },
  ],
});

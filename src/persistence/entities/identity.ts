// The account of a user at an identity provider. It is found by issuer and subject and never by its address, which
// belongs to whoever the provider says (OpenID Connect Core section 5.7).
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const Identity = defineEntity({
  name: 'Identity',
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant).deleteRule('cascade'),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    /** The id of the provider, as configured. */
    provider: p.string().length(32),
    issuer: p.string().length(255),
    subject: p.string().length(255),
    /** The address that the provider claimed when it was linked, sealed. It is shown to the user and decides nothing. */
    address: p.text().nullable(),
    createdAt: p.datetime(),
    /** It counts from then on. Null while the user has not proved the second factor yet. */
    linkedAt: p.datetime().nullable(),
    lastUsedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['tenant', 'issuer', 'subject'], where: { linkedAt: { $ne: null } } }],
  indexes: [{ properties: ['createdAt'], where: { linkedAt: null } }], // links to delete
});

// An e-mail address of a user. Many may claim an address; one user of a tenant has proved it.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const EmailAddress = defineEntity({
  name: 'EmailAddress',
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    /** As it is compared and written to: ASCII, in lower case. */
    address: p.string().length(254),
    /** As its user typed it; null: like `address`. */
    typed: p.string().length(254).nullable(),
    createdAt: p.datetime(),
    verifiedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['tenant', 'address'], where: { verifiedAt: { $ne: null } } }],
});

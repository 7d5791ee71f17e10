// An email address of a user. Several users may claim an address, but only one user per tenant can verify it. Of a user's
// verified addresses, one is the primary one: the one that is marked, or else the one that was verified first.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const EmailAddress = defineEntity({
  name: 'EmailAddress',
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    /** The form for comparison and delivery: ASCII, in lower case. */
    address: p.string().length(254),
    /** As the user typed it. Null if identical to `address`. */
    typed: p.string().length(254).nullable(),
    createdAt: p.datetime(),
    verifiedAt: p.datetime().nullable(),
    isPrimary: p.boolean().default(false),
  },
  indexes: [{ properties: ['createdAt'], where: { verifiedAt: null } }], // addresses that nobody proved, to delete
  uniques: [
    { properties: ['tenant', 'address'], where: { verifiedAt: { $ne: null } } },
    { properties: ['tenant', 'user'], where: 'is_primary' },
  ],
});

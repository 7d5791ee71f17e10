// A phone number of a user, in E.164 form. Several users may claim a number, but only one user per tenant can verify
// it. It is a second factor only if the user enables that.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const PhoneNumber = defineEntity({
  name: 'PhoneNumber',
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    number: p.string().length(16),
    /** ISO 3166-1 alpha-2. Messages are sent only to configured countries. */
    country: p.string().length(2),
    secondFactor: p.boolean().default(false),
    /** When the user turned it on as a second factor. Null when it is not one, or when the time is not known. */
    secondFactorAt: p.datetime().nullable(),
    createdAt: p.datetime(),
    verifiedAt: p.datetime().nullable(),
  },
  indexes: [{ properties: ['createdAt'], where: { verifiedAt: null } }], // enrollments to delete
  uniques: [{ properties: ['tenant', 'number'], where: { verifiedAt: { $ne: null } } }],
});

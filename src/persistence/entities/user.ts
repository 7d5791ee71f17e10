// A person. Exists from the first step of a sign-up; counts from `activatedAt` on, when an address was proved.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';

export const Role = { ADMIN: 'ADMIN' } as const;
export type Role = (typeof Role)[keyof typeof Role];

export const User = defineEntity({
  name: 'User',
  tableName: 'user_account', // "user" is a reserved word of SQL
  properties: {
    id: p.uuid().primary(),
    tenant: () => p.manyToOne(Tenant),
    /** The id in the system that they came from. */
    externalId: p.string().length(255).nullable(),
    name: p.string().length(128).nullable(),
    roles: p.json<Role[]>().default('[]'),
    /** The language of their messages, as a BCP 47 tag. */
    locale: p.string().length(16).default('en'),
    /** Whether they let text messages be a factor of theirs at all. */
    sms: p.boolean().default(true),
    createdAt: p.datetime(),
    activatedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['tenant', 'externalId'] }],
  indexes: [{ properties: ['createdAt'], where: { activatedAt: null } }], // sign-ups to clear away
});

// A user. Created at the first step of a sign-up, and active from `activatedAt`, when an address was verified.
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
    /** The id in the system from which the user was imported. */
    externalId: p.string().length(255).nullable(),
    name: p.string().length(128).nullable(),
    roles: p.json<Role[]>().default('[]'),
    /** The language of messages, as a BCP 47 tag. */
    locale: p.string().length(16).default('en'),
    /** Whether the user allows text messages as a factor. */
    sms: p.boolean().default(true),
    /** Whether the user, as an administrator, may sign in without the identity provider of their domain. */
    withoutProvider: p.boolean().default(false),
    createdAt: p.datetime(),
    activatedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['tenant', 'externalId'] }],
  indexes: [
    { properties: ['createdAt'], where: { activatedAt: null } }, // sign-ups to delete
    {
      name: 'user_account_with_roles_index',
      expression: `create index "user_account_with_roles_index" on "user_account" ("tenant_id") where "roles" <> '[]'`,
    },
  ],
});

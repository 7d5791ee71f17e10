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
    /** When the deletion was asked for. Null if the account stays. */
    deletionRequestedAt: p.datetime().nullable(),
    /** From when on the account is erased. Until then, the user can cancel that. */
    deletionDueAt: p.datetime().nullable(),
    /** When the erasure began. From then on it cannot be cancelled. */
    erasingAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['tenant', 'externalId'] }],
  indexes: [
    { properties: ['createdAt'], where: { activatedAt: null } }, // sign-ups to delete
    { properties: ['deletionDueAt'], where: { deletionDueAt: { $ne: null } } }, // accounts to erase
    {
      name: 'user_account_tenant_id_index', // administrators
      expression: `create index "user_account_tenant_id_index" on "user_account" ("tenant_id") where "roles" <> '[]'`,
    },
  ],
});

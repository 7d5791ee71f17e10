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
    roles: p.json<Role[]>().default('[]'),
    createdAt: p.datetime(),
    activatedAt: p.datetime().nullable(),
  },
  indexes: [{ properties: ['createdAt'], where: { activatedAt: null } }], // sign-ups to clear away
});

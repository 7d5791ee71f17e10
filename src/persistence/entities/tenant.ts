// A separate population of users with its own policy. There is always one, `default`.
import { defineEntity, p } from '@mikro-orm/core';
import type { SecondFactorPolicy } from '../../policy/required-factors.ts';
import type { SmsUse } from '../../policy/sms.ts';

export const DEFAULT_TENANT = 'default';

export const Tenant = defineEntity({
  name: 'Tenant',
  properties: {
    /** The name that clients pass, for example `default`. */
    id: p.string().length(64).primary(),
    secondFactor: p.string().length(16).$type<SecondFactorPolicy>().default('OPTIONAL'),
    sms: p.string().length(16).$type<SmsUse>().default('SECOND_FACTOR'),
    passwordMinimumLength: p.integer().default(8),
    createdAt: p.datetime(),
  },
});

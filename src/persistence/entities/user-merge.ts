// A user who was merged into another one. What other systems keep under the old id belongs to the other user now.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const UserMerge = defineEntity({
  name: 'UserMerge',
  properties: {
    tenant: () => p.manyToOne(Tenant).primary(),
    /** The id that the merged user had. */
    mergedUserId: p.uuid().primary(),
    intoUser: () => p.manyToOne(User).deleteRule('cascade').index(),
    /** The id in the system from which the merged user was imported. */
    externalId: p.string().length(255).nullable(),
    /** Why an administrator has merged them. Null if the person did. */
    reason: p.string().length(500).nullable(),
    mergedAt: p.datetime(),
  },
});

// The consent of a user that another user takes everything over that they have. It ends with the session in which it was given.
import { defineEntity, p } from '@mikro-orm/core';
import { Session } from './session.ts';
import { Tenant } from './tenant.ts';
import { User } from './user.ts';

export const MergeConsent = defineEntity({
  name: 'MergeConsent',
  properties: {
    tenant: () => p.manyToOne(Tenant).primary(),
    /** The user who ends. */
    user: () => p.manyToOne(User).primary().deleteRule('cascade').index(),
    /** As the user has given it. Nobody may have this id. */
    intoUserId: p.uuid(),
    session: () => p.manyToOne(Session).deleteRule('cascade').index(),
    expiresAt: p.datetime().index(),
  },
});

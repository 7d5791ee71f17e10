// A refresh token, as a digest. Rotated at every use; the used ones stay, so that a reused one is recognised.
import { defineEntity, p } from '@mikro-orm/core';
import { Session } from './session.ts';

export const RefreshToken = defineEntity({
  name: 'RefreshToken',
  properties: {
    digest: p.string().length(43).primary(),
    session: () => p.manyToOne(Session).deleteRule('cascade').index(),
    createdAt: p.datetime(),
    usedAt: p.datetime().nullable(),
    /** The digest of the token that it was given for, at a refresh. */
    predecessor: p.string().length(43).nullable(),
  },
});

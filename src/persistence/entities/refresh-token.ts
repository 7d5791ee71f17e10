// A refresh token, as a digest. Tokens are rotated at each use, and used ones are kept to detect reuse.
import { defineEntity, p } from '@mikro-orm/core';
import { Session } from './session.ts';

export const RefreshToken = defineEntity({
  name: 'RefreshToken',
  properties: {
    digest: p.string().length(43).primary(),
    session: () => p.manyToOne(Session).deleteRule('cascade').index(),
    createdAt: p.datetime(),
    usedAt: p.datetime().nullable(),
    /** The digest of the token that it replaced. */
    predecessor: p.string().length(43).nullable(),
  },
  indexes: [{ properties: ['usedAt'], where: { usedAt: { $ne: null } } }], // tokens to delete
});

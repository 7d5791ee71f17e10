// A device on which a user has signed in before, known by a token that it keeps: its failures are counted apart, so that
// no stranger can lock its user out (ASVS 6.1.1), and a sign-in on it is no news to its user.
import { defineEntity, p } from '@mikro-orm/core';
import { User } from './user.ts';

export const KnownDevice = defineEntity({
  name: 'KnownDevice',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).deleteRule('cascade'),
    /** A device may be shared by several users: each has a row of their own. */
    tokenDigest: p.string().length(43),
    createdAt: p.datetime(),
    lastSeenAt: p.datetime().index(),
  },
  uniques: [{ properties: ['user', 'tokenDigest'] }],
});

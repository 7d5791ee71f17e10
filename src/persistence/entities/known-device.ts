// A device on which a user has signed in before, identified by a token that it keeps. Its failures are counted
// separately, so that a stranger cannot lock the user out (ASVS 6.1.1), and a sign-in on it sends no notice.
import { defineEntity, p } from '@mikro-orm/core';
import { User } from './user.ts';

export const KnownDevice = defineEntity({
  name: 'KnownDevice',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).deleteRule('cascade'),
    /** Several users may share a device. Each has a separate row. */
    tokenDigest: p.string().length(43),
    createdAt: p.datetime(),
    lastSeenAt: p.datetime().index(),
    /** When a second factor was proved on it, with the wish to remember it. Null if it is not remembered. */
    rememberedAt: p.datetime().nullable(),
    rememberedIp: p.string().length(64).nullable(),
    rememberedUserAgent: p.string().length(256).nullable(),
  },
  uniques: [{ properties: ['user', 'tokenDigest'] }],
});

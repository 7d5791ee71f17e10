// One backup code, as a keyed digest. Used once, then kept to tell how many are left.
import { defineEntity, p } from '@mikro-orm/core';
import { User } from './user.ts';

export const BackupCode = defineEntity({
  name: 'BackupCode',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    digest: p.string().length(64),
    /** Of fewer than 64 bits, or of nobody knows how many: guesses at it are throttled. One that we made never is. */
    guessable: p.boolean().default(true),
    createdAt: p.datetime(),
    usedAt: p.datetime().nullable(),
  },
});

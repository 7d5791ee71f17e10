// A backup code, as a keyed digest. A used code is kept.
import { defineEntity, p } from '@mikro-orm/core';
import { User } from './user.ts';

export const BackupCode = defineEntity({
  name: 'BackupCode',
  properties: {
    id: p.uuid().primary(),
    user: () => p.manyToOne(User).deleteRule('cascade').index(),
    digest: p.string().length(64),
    /** Has fewer than 64 bits, or an unknown number, so guesses are throttled. Never true for codes made by Stepgate. */
    guessable: p.boolean().default(true),
    createdAt: p.datetime(),
    usedAt: p.datetime().nullable(),
  },
});

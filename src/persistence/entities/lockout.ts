// Consecutive failures of one account, over all its workflows and factors. A failure is counted before the proof
// is checked and taken back when it was right.
import { defineEntity, p } from '@mikro-orm/core';

export const Lockout = defineEntity({
  name: 'Lockout',
  properties: {
    /** `user:` and an id, or `unknown:` and a digest of an identifier that nobody has. */
    subject: p.string().length(64).primary(),
    failures: p.integer().default(0),
    lockedUntil: p.datetime().nullable(),
    updatedAt: p.datetime(),
  },
});

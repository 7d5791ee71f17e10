// Consecutive failures of one subject, over all its workflows; wrong passwords and wrong codes apart. A failure is
// counted before the proof is checked and taken back when it was right. How long a row is kept says retention.ts.
import { defineEntity, p } from '@mikro-orm/core';
import type { LockoutCounter } from '../../policy/lockout.ts';

export const Lockout = defineEntity({
  name: 'Lockout',
  properties: {
    /**
     * `user:` and an id; `device:` and the id of one on which the user signed in before; `session:` and an id, for what
     * is proved inside one; `unknown:` and a digest of an identifier that nobody has; `sign-up:` and a digest of the
     * address that is to have an account.
     */
    subject: p.string().length(64).primary(),
    counter: p.string().length(8).$type<LockoutCounter>().primary(),
    failures: p.integer().default(0),
    lockedUntil: p.datetime().nullable(),
    updatedAt: p.datetime(),
  },
  indexes: [{ properties: ['updatedAt'], type: 'brin' }],
});

// Consecutive failures of one subject across all its workflows, with separate counters for passwords and codes. A
// failure is counted before the proof is checked, and undone if the proof is right. policy/lockout.ts decides how long a
// row is kept.
import { defineEntity, p } from '@mikro-orm/core';
import type { LockoutCounter } from '../../policy/lockout.ts';

export const Lockout = defineEntity({
  name: 'Lockout',
  properties: {
    /**
     * `user:` and an id; `device:` and the id of a known device; `session:` and an id, for proofs in a session;
     * `anybody:` and a random id, while nobody knows whose sign-in it is; `unknown:` and a digest of an identifier without an account; `sign-up:` and a digest of the address that signs
     * up.
     */
    subject: p.string().length(64).primary(),
    counter: p.string().length(8).$type<LockoutCounter>().primary(),
    failures: p.integer().default(0),
    lockedUntil: p.datetime().nullable(),
    updatedAt: p.datetime(),
  },
  indexes: [{ properties: ['failures', 'updatedAt'] }],
});

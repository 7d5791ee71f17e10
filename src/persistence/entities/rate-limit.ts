// Counters per time window. The table belongs to `rate-limiter-flexible`, which inserts by position, so the columns and
// their order are fixed.
import { defineEntity, p } from '@mikro-orm/core';

export const RateLimit = defineEntity({
  name: 'RateLimit',
  properties: {
    /** The limit, and a keyed digest of its subject. */
    key: p.string().length(255).primary(),
    points: p.integer().default(0),
    /** The end of the window, in milliseconds since 1970. */
    expire: p.bigint('number').nullable().index(),
  },
});

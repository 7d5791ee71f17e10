// How often something was done in a window of time. The table is `rate-limiter-flexible`'s, which inserts by position:
// these columns in this order, and no other.
import { defineEntity, p } from '@mikro-orm/core';

export const RateLimit = defineEntity({
  name: 'RateLimit',
  properties: {
    /** What is limited, and a keyed digest of whom. */
    key: p.string().length(255).primary(),
    points: p.integer().default(0),
    /** The end of the window, in milliseconds since 1970. */
    expire: p.bigint('number').nullable().index(),
  },
});

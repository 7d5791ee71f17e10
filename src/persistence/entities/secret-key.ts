// A key in SECRET_KEYS that stored values depend on. Every node must have it until it is retired.
import { defineEntity, p } from '@mikro-orm/core';

export const SecretKey = defineEntity({
  name: 'SecretKey',
  properties: {
    /** The key's id in stored values. */
    id: p.string().length(8).primary(),
  },
});

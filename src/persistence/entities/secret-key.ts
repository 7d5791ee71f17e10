// A key of SECRET_KEYS that stored values were made with: every node must hold it until it is retired.
import { defineEntity, p } from '@mikro-orm/core';

export const SecretKey = defineEntity({
  name: 'SecretKey',
  properties: {
    /** The key's id in stored values. */
    id: p.string().length(8).primary(),
  },
});

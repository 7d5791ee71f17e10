// A logout token of an identity provider that was accepted, so that it is not accepted again.
import { defineEntity, p } from '@mikro-orm/core';

export const LogoutToken = defineEntity({
  name: 'LogoutToken',
  properties: {
    /** Of the provider's id and the token's `jti`. */
    digest: p.string().length(43).primary(),
    expiresAt: p.datetime().index(),
  },
});

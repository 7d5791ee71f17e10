// The key pair by which push services recognize this instance (VAPID, RFC 8292). There is one. Subscriptions are bound to
// it, so it is never replaced.
import { defineEntity, p } from '@mikro-orm/core';

export const PushKey = defineEntity({
  name: 'PushKey',
  properties: {
    id: p.string().length(16).primary(),
    /** An uncompressed point of P-256 in base64url. */
    publicKey: p.string().length(87),
    sealedPrivateKey: p.text(),
    createdAt: p.datetime(),
  },
});

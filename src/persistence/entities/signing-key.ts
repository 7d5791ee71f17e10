// A key pair that signs access tokens. The private half is sealed.
import { defineEntity, p } from '@mikro-orm/core';
import type { JWK } from 'jose';

export const SigningKey = defineEntity({
  name: 'SigningKey',
  properties: {
    kid: p.string().length(43).primary(),
    algorithm: p.string().length(16),
    publicJwk: p.json<JWK>(),
    sealedPrivateJwk: p.text(),
    createdAt: p.datetime(),
    /** Signs nothing from then on; still published, so that its tokens stay valid until they expire. */
    retiredAt: p.datetime().nullable(),
  },
});

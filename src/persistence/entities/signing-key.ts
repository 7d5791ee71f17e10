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
    /** When it starts to sign. It is published before that. Null if it signs from the beginning. */
    signsAt: p.datetime().nullable(),
    /** From this time it is no longer published, and tokens that it signed are refused. Null if not planned. */
    retiredAt: p.datetime().nullable(),
  },
});

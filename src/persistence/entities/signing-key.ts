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
    /** When it begins to sign. It is published before that. Null: from the start. */
    signsAt: p.datetime().nullable(),
    /** From then on it is not published, and what it signed is refused. Null: not planned yet. */
    retiredAt: p.datetime().nullable(),
  },
});

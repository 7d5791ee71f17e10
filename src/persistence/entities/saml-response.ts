// A response of a SAML provider, between the callback, to which the provider has sent it, and the client that hands it to its
// workflow. It is too large for a URL.
import { defineEntity, p } from '@mikro-orm/core';
import { Challenge } from './challenge.ts';
import { Tenant } from './tenant.ts';

export const SamlResponse = defineEntity({
  name: 'SamlResponse',
  properties: {
    tenant: () => p.manyToOne(Tenant).primary().deleteRule('cascade'),
    /** Of the code that the client gets instead. */
    digest: p.string().length(43).primary(),
    /** The request that it claims to answer. */
    challenge: () => p.manyToOne(Challenge).deleteRule('cascade').index(),
    sealed: p.text(),
    expiresAt: p.datetime().index(),
  },
});

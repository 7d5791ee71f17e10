// An assertion of a SAML provider that was accepted, so that it is not accepted again.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';

export const SamlAssertion = defineEntity({
  name: 'SamlAssertion',
  properties: {
    tenant: () => p.manyToOne(Tenant).primary().deleteRule('cascade'),
    /** Of the provider's name and the assertion's id. */
    digest: p.string().length(43).primary(),
    expiresAt: p.datetime().index(),
  },
});

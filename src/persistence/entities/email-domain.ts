// A domain whose email addresses a tenant captures: its users sign in with one identity provider. Several tenants may claim
// a domain, but only one in the instance can have proved it, so this unique key does not begin with the tenant.
import { defineEntity, p } from '@mikro-orm/core';
import { Tenant } from './tenant.ts';

export const EmailDomain = defineEntity({
  name: 'EmailDomain',
  properties: {
    tenant: () => p.manyToOne(Tenant).primary().deleteRule('cascade'),
    /** A-labels in lower case, as in addresses. */
    name: p.string().length(253).primary(),
    /** By which workflows refer to it. A domain that was removed and added again has another one. */
    id: p.uuid(),
    /** The value that its TXT record must have. It is published, so it is no secret. */
    token: p.string().length(43),
    /** The id of the identity provider, as configured. */
    provider: p.string().length(32),
    createdAt: p.datetime(),
    /** Since when it is proved. Null if it is not. */
    verifiedAt: p.datetime().nullable(),
    /** When it was last looked up with a definite answer. */
    checkedAt: p.datetime().nullable(),
    /** When it is looked up again. Null if it is not proved. */
    nextCheckAt: p.datetime().nullable(),
    /** When the record of a proved domain was first missing. */
    missingAt: p.datetime().nullable(),
    lostAt: p.datetime().nullable(),
    /** The configuration of the provider with which a test sign-in has succeeded, as a digest. */
    testedDigest: p.string().length(43).nullable(),
    testedAt: p.datetime().nullable(),
    /** The configuration with which it was activated. */
    activeDigest: p.string().length(43).nullable(),
    /** Since when its users sign in with the provider. Null for a draft. */
    activatedAt: p.datetime().nullable(),
  },
  uniques: [{ properties: ['name'], where: { verifiedAt: { $ne: null } } }],
  indexes: [{ properties: ['nextCheckAt'], where: { nextCheckAt: { $ne: null } } }],
});

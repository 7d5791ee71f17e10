// What can go wrong with the domains of a tenant.
import { UserError } from '../platform/user-error.ts';
import { MOST_DOMAINS } from '../policy/domain-checks.ts';

export class DomainRefused extends UserError {
  static readonly description =
    'The domain cannot be added. It is not a domain name, or nobody can own it, such as a public suffix or the domain of a public mail provider.';
  readonly code = 'DOMAIN_REFUSED';
}

export class TooManyDomains extends UserError {
  static readonly description = 'The tenant has as many domains as it can have. Remove one first.';
  readonly code = 'TOO_MANY_DOMAINS';
  constructor() {
    super(`A tenant can have at most ${MOST_DOMAINS} domains. Remove one first.`);
  }
}

/** Nothing about other tenants. */
export class DomainNotProved extends UserError {
  static readonly description =
    'The TXT record of the domain was not found. Publish the `record` of the domain, and check again. A new record can take some time to become visible.';
  readonly code = 'DOMAIN_NOT_PROVED';
  constructor() {
    super(
      'The TXT record of this domain was not found. Publish it, wait until it is visible, and check again.',
    );
  }
}

/** Only somebody who has proved the domain learns it. */
export class DomainTaken extends UserError {
  static readonly description =
    'Another tenant has proved this domain and still counts as its owner. The proof of that tenant is checked again now. If it is gone, the domain becomes free after a week.';
  readonly code = 'DOMAIN_TAKEN';
  constructor() {
    super('Another tenant has this domain. If it is no longer theirs, try again in a week.');
  }
}

export class DnsUnavailable extends UserError {
  static readonly description = 'The name servers did not answer. Nothing was changed. Check again later.';
  readonly code = 'DNS_UNAVAILABLE';
  constructor() {
    super('The name servers of this domain did not answer. Check again later.');
  }
}

/** The same for every provider that cannot be bound. */
export class ProviderNotForDomains extends UserError {
  static readonly description =
    'Accounts at this identity provider belong to persons and not to the owner of a domain, so a domain cannot sign in with it. Choose a provider that an organization administers.';
  readonly code = 'PROVIDER_NOT_FOR_DOMAINS';
  constructor() {
    super(
      'Accounts at this provider belong to persons. Choose a provider that your organization administers.',
    );
  }
}

export class DomainNotTested extends UserError {
  static readonly description =
    'No test sign-in has succeeded with the present configuration of the identity provider. Call `startDomainTest`, and sign in with an address in the domain.';
  readonly code = 'DOMAIN_NOT_TESTED';
  constructor() {
    super('The identity provider of this domain was not tested as it is configured now. Test it first.');
  }
}

export class ExemptionRefused extends UserError {
  static readonly description =
    'Only another administrator who has a second factor can be allowed to sign in without the identity provider of their domain.';
  readonly code = 'EXEMPTION_REFUSED';
  constructor() {
    super('Choose another administrator of your tenant, who has a second factor.');
  }
}

// One configured identity provider that speaks SAML 2.0. Everything that is known of it is configured.
import type { SamlSettings } from '../../../config/provider-settings.ts';
import type { SamlTerms } from '../../../config/saml-settings.ts';
import { type AddressRule, type DomainRule, notDenied } from '../address-rules.ts';
import { configurationDigest } from '../configuration-digest.ts';

export class SamlProvider {
  readonly protocol = 'SAML';
  readonly settings: SamlSettings;
  /** Ours, by which the provider knows this server: the address of our metadata. */
  readonly entityId: string;
  readonly callbackUrl: string;
  /** Every assertion says when and how the user has authenticated. */
  readonly canAskAnew = true;
  /** An organization administers it. */
  readonly domainRule: DomainRule = notDenied;
  /** Of the configuration for which a test sign-in counts. */
  readonly configurationDigest: string;

  constructor(settings: SamlSettings, publicUrl: string) {
    this.settings = settings;
    this.configurationDigest = configurationDigest(settings);
    this.entityId = `${publicUrl}/metadata/${settings.id}`;
    this.callbackUrl = `${publicUrl}/callback/${settings.id}`;
  }

  get id(): string {
    return this.settings.id;
  }

  get issuer(): string {
    return samlIssuer(this.settings.terms);
  }

  /** The provider vouches for the addresses of its own domains. */
  get addressRule(): AddressRule {
    const domains = new Set(this.settings.terms.emailDomains);
    return (_claims, { address }) => domains.has(address.slice(address.lastIndexOf('@') + 1));
  }

  /** Whether users of this tenant can use it. */
  serves(tenantId: string): boolean {
    return this.settings.tenant === null || this.settings.tenant === tenantId;
  }
}

/**
 * With the NameID, it names an identity. Some products call themselves the same in OpenID Connect, and name other users
 * the same there.
 */
export function samlIssuer({ entityId }: SamlTerms): string {
  return `saml:${entityId}`;
}

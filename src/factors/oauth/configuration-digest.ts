// A digest of what a provider's configuration says about who it is and what its claims are worth. A test sign-in is good for
// this configuration only. A new secret, name or redirect URI changes none of that.
import type { OAuthSettings, SamlSettings } from '../../config/provider-settings.ts';
import { digest } from '../../platform/digest.ts';

export function configurationDigest(settings: OAuthSettings | SamlSettings): string {
  const { protocol, addresses, secondFactor } = settings;
  const source =
    settings.protocol === 'SAML' ? settings.terms : [settings.source, settings.clientId, settings.scopes];
  return digest(JSON.stringify([protocol, source, addresses, secondFactor]));
}

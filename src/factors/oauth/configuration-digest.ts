// A digest of what a provider's configuration says about who it is and what its claims are worth. A test sign-in is good for
// this configuration only. A new secret, name or redirect URI changes none of that.
import type { ProviderSettings } from '../../config/provider-settings.ts';
import { digest } from '../../platform/digest.ts';

export function configurationDigest({
  source,
  clientId,
  scopes,
  addresses,
  secondFactor,
}: ProviderSettings): string {
  return digest(JSON.stringify([source, clientId, scopes, addresses, secondFactor]));
}

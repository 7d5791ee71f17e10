// Our own metadata, which the administrator of a SAML provider imports there.
import { nodeSaml } from './library.ts';
import type { SamlProvider } from './saml-provider.ts';

export async function serviceMetadata(provider: SamlProvider): Promise<string> {
  const saml = await nodeSaml(provider, { generateUniqueId: () => `_${provider.id}` });
  const { signing } = provider.settings.terms;
  return saml.generateServiceProviderMetadata(null, signing?.certificate ?? null);
}

// Loads node-saml when a provider is first asked, and configures it. What it does not check is checked beside it: see
// docs/decisions/saml-beside-the-library.md.
import type { SAML, SamlConfig } from '@node-saml/node-saml';
import type { SamlProvider } from './saml-provider.ts';

export const NAME_ID_FORMAT_URNS = {
  persistent: 'urn:oasis:names:tc:SAML:2.0:nameid-format:persistent',
  emailAddress: 'urn:oasis:names:tc:SAML:1.1:nameid-format:emailAddress',
  unspecified: 'urn:oasis:names:tc:SAML:1.1:nameid-format:unspecified',
} as const;

/** No time at all, because the library reads the clock of the machine: times are compared beside it. */
const NO_TIMES = -1;

export async function nodeSaml(
  { settings: { terms }, entityId, callbackUrl }: SamlProvider,
  options: Partial<SamlConfig>,
): Promise<SAML> {
  const { SAML: Saml, ValidateInResponseTo } = await import('@node-saml/node-saml');
  const { signing } = terms;
  return new Saml({
    issuer: entityId,
    audience: entityId,
    callbackUrl,
    entryPoint: terms.ssoUrl,
    idpIssuer: terms.entityId,
    idpCert: [...terms.certificates],
    identifierFormat: NAME_ID_FORMAT_URNS[terms.nameIdFormat],
    wantAssertionsSigned: true,
    validateInResponseTo: ValidateInResponseTo.always,
    acceptedClockSkewMs: NO_TIMES,
    disableRequestedAuthnContext: true,
    signatureAlgorithm: 'sha256',
    digestAlgorithm: 'sha256',
    ...(signing !== null && { privateKey: signing.privateKey, publicCert: signing.certificate }),
    ...options,
  });
}

/** The library asks it whether a request is open. Ours are in challenges, so it knows the one that is answered. */
export function onlyRequest(id: string): NonNullable<SamlConfig['cacheProvider']> {
  const never = new Date(8.64e15).toISOString(); // the challenge has its own deadline
  return {
    saveAsync: async () => null,
    getAsync: async (asked) => (asked === id ? never : null),
    removeAsync: async () => null,
  };
}

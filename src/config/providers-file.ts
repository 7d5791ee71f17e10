// Reads the identity providers from the JSON file of PROVIDERS_FILE. Anything that is not understood refuses the start. A
// mistake names the place, never the value.
import { readFileSync } from 'node:fs';
import { EXAMPLE_CLIENT } from './example-provider.ts';
import { isLoopback } from './loopback.ts';
import { fileForm, type ProviderForm } from './provider-form.ts';
import {
  AddressTrust,
  type ClientSecret,
  type OAuthSettings,
  type PresetName,
  type ProviderSettings,
  ProviderSignUp,
  type ProviderSource,
  type ProvidersSettings,
  type SamlSettings,
} from './provider-settings.ts';
import { samlTermsOf } from './saml-source.ts';
import { type Reading, type SecretReference, secretOf } from './secret-reference.ts';

export const NO_PROVIDERS: ProvidersSettings = { providers: [], returnUrls: [] };

export interface Read {
  readonly settings: ProvidersSettings;
  readonly mistakes: readonly string[];
}

export function readProvidersFile(path: string, reading: Reading): Read {
  try {
    return readProviders(JSON.parse(readFileSync(path, 'utf8')), reading);
  } catch (error) {
    const problem = error instanceof SyntaxError ? 'is not valid JSON' : 'names a file that cannot be read';
    return { settings: NO_PROVIDERS, mistakes: [`PROVIDERS_FILE ${problem}.`] };
  }
}

/** @param content of the file. */
function readProviders(content: unknown, reading: Reading): Read {
  const parsed = fileForm.safeParse(content);
  if (!parsed.success) {
    const mistakes = parsed.error.issues.map(({ path, message }) => mistake(path.map(String), message));
    return { settings: NO_PROVIDERS, mistakes };
  }
  const { returnUrls, providers: forms } = parsed.data;
  const mistakes: string[] = [];
  const providers = forms.map((form, at) => {
    const refuse = (key: string, problem: string) =>
      mistakes.push(mistake(['providers', String(at), key], problem));
    if (reading.production)
      for (const key of insecureUrls(form)) refuse(key, 'It must start with https:// in production.');
    const { saml } = form;
    if (saml !== undefined)
      return { ...commonOf(form), protocol: 'SAML', terms: samlTermsOf(saml, reading, refuse) } as const;
    return oauthOf(form, (key) => ownSecret(form[key], reading, (problem) => refuse(key, problem)));
  });
  for (const at of sharedEntityIds(providers))
    mistakes.push(mistake(['providers', String(at), 'saml'], 'Another provider has this entity id.'));
  if (reading.production && returnUrls.some((one) => !isSecure(one)))
    mistakes.push(mistake(['returnUrls'], 'They must start with https:// in production.'));
  return { settings: { providers, returnUrls }, mistakes };
}

function mistake(path: readonly string[], message: string): string {
  return `PROVIDERS_FILE, ${path.length === 0 ? 'the file' : path.join('.')}: ${message}`;
}

function commonOf(form: ProviderForm): ProviderSettings {
  const { id, preset, tenant = null, secondFactor = null } = form;
  return {
    id,
    name: form.name ?? (preset === undefined ? id : NAMES[preset]),
    isExample: false,
    isListed: form.listed,
    tenant,
    addresses:
      AddressTrust[
        form.addresses === 'preset' ? 'PRESET' : form.addresses === 'never' ? 'NEVER' : 'EMAIL_VERIFIED'
      ],
    signUp:
      ProviderSignUp[form.signUp === 'address' ? 'ADDRESS' : form.signUp === 'never' ? 'NEVER' : 'ALWAYS'],
    secondFactor,
  };
}

function oauthOf(form: ProviderForm, secret: (key: 'clientSecret' | 'privateKey') => string): OAuthSettings {
  const { clientId = '', scopes = null, redirectUris } = form;
  const clientSecret = clientSecretOf(form, secret);
  return {
    ...commonOf(form),
    isExample: clientSecret.is === 'TEXT' && clientSecret.text === EXAMPLE_CLIENT.secret,
    protocol: 'OAUTH',
    source: sourceOf(form),
    clientId,
    secret: clientSecret,
    scopes,
    redirectUris,
    mayBePrivate: form.privateNetwork,
  };
}

/** One of two that users of a tenant could use would vouch for the identities of the other. */
function* sharedEntityIds(providers: readonly (OAuthSettings | SamlSettings)[]): Iterable<number> {
  for (const [at, one] of providers.entries()) {
    if (one.protocol !== 'SAML') continue;
    const { tenant, terms } = one;
    const isShared = providers
      .slice(0, at)
      .some(
        (other) =>
          other.protocol === 'SAML' &&
          other.terms.entityId === terms.entityId &&
          (tenant === null || other.tenant === null || tenant === other.tenant),
      );
    if (isShared) yield at;
  }
}

const NAMES: Readonly<Record<PresetName, string>> = {
  apple: 'Apple',
  github: 'GitHub',
  gitlab: 'GitLab',
  google: 'Google',
  microsoft: 'Microsoft',
};

/** The form has made sure that one of them is there. */
function sourceOf({ preset, directory, issuer = '', endpoints }: ProviderForm): ProviderSource {
  if (preset !== undefined)
    return { is: 'PRESET', preset, issuer: issuer === '' ? null : issuer, directory: directory ?? null };
  if (endpoints === undefined) return { is: 'ISSUER', issuer };
  const { authorization, token, userinfo = null, jwks = null, subject = 'sub' } = endpoints;
  return { is: 'ENDPOINTS', issuer, endpoints: { authorization, token, userinfo, jwks, subject } };
}

function clientSecretOf(
  { preset, teamId = '', keyId = '' }: ProviderForm,
  secret: (key: 'clientSecret' | 'privateKey') => string,
): ClientSecret {
  if (preset !== 'apple') return { is: 'TEXT', text: secret('clientSecret') };
  return { is: 'APPLE_KEY', teamId, keyId, privateKey: secret('privateKey') };
}

function ownSecret(
  given: SecretReference | undefined,
  reading: Reading,
  refuse: (problem: string) => void,
): string {
  const secret = secretOf(given, reading, refuse);
  if (reading.production && secret === EXAMPLE_CLIENT.secret)
    refuse('This is the secret of the example provider, which is public. Use a provider of your own.');
  return secret;
}

function insecureUrls({ issuer, endpoints, redirectUris }: ProviderForm): string[] {
  const found: string[] = [];
  if (issuer !== undefined && !issuer.startsWith('https:')) found.push('issuer');
  const { authorization, token, userinfo, jwks } = endpoints ?? {};
  if ([authorization, token, userinfo, jwks].some((one) => one?.startsWith('https:') === false))
    found.push('endpoints');
  if (redirectUris.some((one) => !isSecure(one))) found.push('redirectUris');
  return found;
}

/** A page on this machine is reached without a network. Native apps listen there (RFC 8252 section 7.3). */
function isSecure(one: string): boolean {
  return one.startsWith('https:') || isLoopback(one);
}

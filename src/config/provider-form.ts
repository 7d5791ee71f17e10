// The form of the file of identity providers, and what is wrong with entries that are each valid alone.
import { z } from 'zod';
import { PRESETS } from './provider-settings.ts';
import { samlForm } from './saml-form.ts';
import { reference } from './secret-reference.ts';

const text = z.string().min(1).max(512);
const list = z.array(text).max(32);

const slug = z
  .string()
  .regex(
    /^[a-z][a-z0-9-]{0,31}$/,
    'An id has 1 to 32 lower-case letters, digits and hyphens, and starts with a letter.',
  );

const url = z.string().refine(isPlainUrl, 'Give an absolute URL without a query, a fragment or a user name.');

/** A provider compares it as text. */
const redirectUri = url.refine(
  (one) => URL.parse(one)?.href === one,
  'Write the URL as browsers do, with a path.',
);

const providerForm = z.strictObject({
  id: slug,
  name: z.string().trim().min(1).max(64).optional(),
  tenant: text.max(64).optional(),
  preset: z.enum(PRESETS).optional(),
  issuer: url.max(255).optional(),
  endpoints: z
    .strictObject({
      authorization: url,
      token: url,
      userinfo: url.optional(),
      jwks: url.optional(),
      subject: text.max(64).optional(),
    })
    .optional(),
  directory: z.guid('The directory is the id of the tenant in Microsoft Entra, a GUID.').optional(),
  saml: samlForm.optional(),
  clientId: text.optional(),
  clientSecret: reference.optional(),
  teamId: text.optional(),
  keyId: text.optional(),
  privateKey: reference.optional(),
  scopes: list.min(1).optional(),
  addresses: z.enum(['preset', 'email_verified', 'never']).default('preset'),
  signUp: z.enum(['address', 'always', 'never']).default('address'),
  secondFactor: z
    .strictObject({
      acr: list.default([]),
      amr: list.default([]),
      freshSeconds: z.int().min(0).max(86_400).default(300),
    })
    .refine(({ acr, amr }) => acr.length + amr.length > 0, 'List at least one value of acr or amr.')
    .optional(),
  redirectUris: z.array(redirectUri).max(32).default([]),
  listed: z.boolean().default(true),
  privateNetwork: z.boolean().default(false),
});
export type ProviderForm = z.infer<typeof providerForm>;

export const fileForm = z
  .strictObject({
    returnUrls: z.array(redirectUri).max(32).default([]),
    providers: z.array(providerForm).min(1).max(100),
  })
  .superRefine(({ providers, returnUrls }, context) => {
    const refuse = (path: PropertyKey[], message: string) =>
      context.addIssue({ code: 'custom', path, message });
    const ids = new Set<string>();
    const uris = new Set<string>();
    for (const [at, provider] of providers.entries()) {
      const place = ['providers', at];
      for (const [key, message] of defectsOf(provider)) refuse([...place, key], message);
      if (ids.has(provider.id)) refuse([...place, 'id'], 'Another provider has this id.');
      ids.add(provider.id);
      // An answer must show by where it arrives which provider gave it (RFC 9700 section 4.4.2.2).
      for (const uri of provider.redirectUris) {
        if (uris.has(uri))
          refuse([...place, 'redirectUris'], 'Each provider needs redirect URIs of its own.');
        uris.add(uri);
      }
      if (returnUrls.length === 0 && provider.redirectUris.length === 0)
        refuse([...place, 'redirectUris'], 'List a redirect URI here, or a page in `returnUrls`.');
    }
  });

function* defectsOf(provider: ProviderForm): Iterable<readonly [string, string]> {
  if (provider.saml !== undefined) return yield* samlDefectsOf(provider);
  const { preset, issuer, endpoints, name } = provider;
  if (provider.clientId === undefined) yield ['clientId', 'Give the client id, from the provider.'];
  if (preset === undefined && issuer === undefined) yield ['preset', 'Give a preset, an issuer or `saml`.'];
  if (preset !== undefined && issuer !== undefined && !hasOwnServers(preset))
    yield ['issuer', 'Only the presets github and gitlab have servers of your own. Omit it.'];
  if (preset !== undefined && endpoints !== undefined)
    yield ['endpoints', 'The preset knows them. Omit them.'];
  if (endpoints !== undefined && issuer === undefined)
    yield ['endpoints', 'Endpoints need an issuer, which names them.'];
  if (endpoints !== undefined && endpoints.jwks === undefined && endpoints.userinfo === undefined)
    yield ['endpoints', 'Give `jwks` for OpenID Connect, or `userinfo` for a provider without ID tokens.'];
  if (preset === undefined && name === undefined) yield ['name', 'Give the name that users see.'];
  if ((preset === 'microsoft') !== (provider.directory !== undefined))
    yield ['directory', 'The preset microsoft needs the id of its directory, and no other provider has one.'];
  const appleKeys = ['teamId', 'keyId', 'privateKey'] as const;
  for (const key of appleKeys)
    if ((preset === 'apple') !== (provider[key] !== undefined))
      yield [key, 'The preset apple needs it, and no other provider has one.'];
  if ((preset === 'apple') === (provider.clientSecret !== undefined))
    yield ['clientSecret', 'Give the client secret. Only the preset apple has a key instead.'];
}

/** Keys that mean nothing with SAML, or another thing. */
const NOT_WITH_SAML = [
  'preset',
  'issuer',
  'endpoints',
  'directory',
  'clientId',
  'clientSecret',
  'teamId',
  'keyId',
  'privateKey',
  'scopes',
] as const;

function* samlDefectsOf(provider: ProviderForm): Iterable<readonly [string, string]> {
  const given = NOT_WITH_SAML.filter((key) => provider[key] !== undefined);
  for (const key of given) yield [key, 'A provider with `saml` has no such key. Omit it.'];
  if (provider.name === undefined) yield ['name', 'Give the name that users see.'];
  if (provider.addresses === 'email_verified')
    yield ['addresses', 'With SAML, list the provider’s own domains in `saml.emailDomains` instead.'];
  if (provider.redirectUris.length > 0)
    yield ['redirectUris', 'With SAML, answers come to the callback of this server. Omit them.'];
  if (provider.privateNetwork)
    yield ['privateNetwork', 'With SAML, this server does not connect to the provider. Omit it.'];
}

function isPlainUrl(one: string): boolean {
  const parsed = URL.parse(one);
  return (
    parsed !== null && /^https?:$/.test(parsed.protocol) && parsed.username === '' && !/[?#\s]/.test(one)
  );
}

function hasOwnServers(preset: string): boolean {
  return preset === 'github' || preset === 'gitlab';
}

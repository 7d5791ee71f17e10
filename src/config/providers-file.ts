// Reads the identity providers from the JSON file of PROVIDERS_FILE. Anything that is not understood refuses the start. A
// mistake names the place, never the value.
import { readFileSync } from 'node:fs';
import type { z } from 'zod';
import { isLoopback } from './loopback.ts';
import { fileForm, type ProviderForm, type reference } from './provider-form.ts';
import {
  AddressTrust,
  type ClientSecret,
  type PresetName,
  type ProviderSettings,
  ProviderSignUp,
  type ProviderSource,
  type ProvidersSettings,
} from './provider-settings.ts';

const NO_PROVIDERS: ProvidersSettings = { providers: [], returnUrls: [] };

interface Reading {
  readonly production: boolean;
  /** The environment, for secrets. */
  readonly variables: Readonly<Record<string, string | undefined>>;
}

interface Read {
  readonly settings: ProvidersSettings;
  readonly mistakes: readonly string[];
}

/** @param path null when there is no file. */
export function readProvidersFile(path: string | null, reading: Reading): Read {
  if (path === null) return { settings: NO_PROVIDERS, mistakes: [] };
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
    return settingsOf(form, (key) => secretOf(form[key], reading, (problem) => refuse(key, problem)));
  });
  if (reading.production && returnUrls.some((one) => !isSecure(one)))
    mistakes.push(mistake(['returnUrls'], 'They must start with https:// in production.'));
  return { settings: { providers, returnUrls }, mistakes };
}

function mistake(path: readonly string[], message: string): string {
  return `PROVIDERS_FILE, ${path.length === 0 ? 'the file' : path.join('.')}: ${message}`;
}

function settingsOf(
  form: ProviderForm,
  secret: (key: 'clientSecret' | 'privateKey') => string,
): ProviderSettings {
  const { id, preset, tenant = null, clientId, scopes = null, secondFactor = null, redirectUris } = form;
  return {
    id,
    name: form.name ?? (preset === undefined ? id : NAMES[preset]),
    tenant,
    source: sourceOf(form),
    clientId,
    secret: clientSecretOf(form, secret),
    scopes,
    addresses:
      AddressTrust[
        form.addresses === 'preset' ? 'PRESET' : form.addresses === 'never' ? 'NEVER' : 'EMAIL_VERIFIED'
      ],
    signUp:
      ProviderSignUp[form.signUp === 'address' ? 'ADDRESS' : form.signUp === 'never' ? 'NEVER' : 'ALWAYS'],
    secondFactor,
    redirectUris,
    isListed: form.listed,
    mayBePrivate: form.privateNetwork,
  };
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

function secretOf(
  given: z.infer<typeof reference> | undefined,
  { production, variables }: Reading,
  refuse: (problem: string) => void,
): string {
  if (typeof given === 'string') {
    if (production) refuse('In production, give the secret as { "env": NAME } or { "file": PATH }.');
    return given;
  }
  const read =
    given === undefined ? '' : 'env' in given ? (variables[given.env] ?? '') : contentOf(given.file);
  if (read.trim() === '') refuse('The secret is empty, or the variable or file that it names is missing.');
  return read.trim();
}

function contentOf(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
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

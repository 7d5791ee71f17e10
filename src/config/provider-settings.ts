// The identity providers with which users can sign in, as they are configured. Where they are read is another matter:
// providers-file.ts reads them from a file.
import type { SamlTerms } from './saml-settings.ts';

/** The providers whose addresses and rules are built in. */
export const PRESETS = ['apple', 'github', 'gitlab', 'google', 'microsoft'] as const;
export type PresetName = (typeof PRESETS)[number];

export interface ProvidersSettings {
  readonly providers: readonly (OAuthSettings | SamlSettings)[];
  /** The pages to which the callback hands the answers of providers. The first one is the default. */
  readonly returnUrls: readonly string[];
}

export interface ProviderSettings {
  /** Unique in the instance. It is part of the callback's path. */
  readonly id: string;
  /** As shown to users. */
  readonly name: string;
  /** Whether it is the example provider, where anyone can sign in as anyone. Never in production. */
  readonly isExample: boolean;
  /** The only tenant whose users can use it. Null: all tenants. */
  readonly tenant: string | null;
  /** Whether everybody is offered it. If not, only users of the domains that are bound to it are. */
  readonly isListed: boolean;
  readonly addresses: AddressTrust;
  readonly signUp: ProviderSignUp;
  /** Null: the provider's own second factors never count. */
  readonly secondFactor: TrustedSecondFactor | null;
}

/** OpenID Connect, and plain OAuth 2. */
export interface OAuthSettings extends ProviderSettings {
  readonly protocol: 'OAUTH';
  readonly source: ProviderSource;
  readonly clientId: string;
  readonly secret: ClientSecret;
  /** Null: the usual ones. */
  readonly scopes: readonly string[] | null;
  /** Where clients without cookies receive its answers themselves. */
  readonly redirectUris: readonly string[];
  /** Whether its addresses may be in our own network. */
  readonly mayBePrivate: boolean;
}

export interface SamlSettings extends ProviderSettings {
  readonly protocol: 'SAML';
  readonly terms: SamlTerms;
}

export type ProviderSource =
  | {
      readonly is: 'PRESET';
      readonly preset: PresetName;
      /** Of a server of one's own, for GitHub and GitLab. Null: the public one. */
      readonly issuer: string | null;
      /** The id of the directory, for Microsoft Entra. */
      readonly directory: string | null;
    }
  /** OpenID Connect Discovery. */
  | { readonly is: 'ISSUER'; readonly issuer: string }
  | { readonly is: 'ENDPOINTS'; readonly issuer: string; readonly endpoints: ProviderEndpoints };

export interface ProviderEndpoints {
  readonly authorization: string;
  readonly token: string;
  /** Null for a provider of OpenID Connect that says everything in its ID token. */
  readonly userinfo: string | null;
  /** Where it publishes its keys. Null for plain OAuth 2, which has no ID tokens. */
  readonly jwks: string | null;
  /** How the profile at `userinfo` names the account's lasting id, if there is no ID token. */
  readonly subject: string;
}

export type ClientSecret =
  /** `client_secret_post`, RFC 6749 section 2.3.1. */
  | { readonly is: 'TEXT'; readonly text: string }
  /** A signed JWT, as Apple demands it. */
  | {
      readonly is: 'APPLE_KEY';
      readonly teamId: string;
      readonly keyId: string;
      /** PKCS #8 in PEM. */
      readonly privateKey: string;
    };

/** When an address that the provider claims counts as verified. */
export const AddressTrust = {
  /** By the rule of the preset. With SAML: in the listed domains. Otherwise never. */
  PRESET: 'PRESET',
  /** When it says `email_verified`. */
  EMAIL_VERIFIED: 'EMAIL_VERIFIED',
  NEVER: 'NEVER',
} as const;
export type AddressTrust = (typeof AddressTrust)[keyof typeof AddressTrust];

/** Whether somebody whom nobody knows yet gets an account. */
export const ProviderSignUp = {
  /** With an address that counts as verified. */
  ADDRESS: 'ADDRESS',
  /** Also without one. */
  ALWAYS: 'ALWAYS',
  NEVER: 'NEVER',
} as const;
export type ProviderSignUp = (typeof ProviderSignUp)[keyof typeof ProviderSignUp];

/** What says that the provider has verified a second factor. */
export interface TrustedSecondFactor {
  /** One of these values of `acr`; with SAML, of AuthnContextClassRef. They are also asked for. */
  readonly acr: readonly string[];
  /** One of these values in `amr`. */
  readonly amr: readonly string[];
  /** How long ago the user may have authenticated there. */
  readonly freshSeconds: number;
}

// The shape of each provider: its addresses, what is asked for, and how its answers are read. One row for each preset.
import type { PresetName, ProviderSource } from '../../config/provider-settings.ts';
import {
  type AddressRule,
  type DomainRule,
  googleDomainRule,
  googleRule,
  microsoftRule,
  never,
  notDenied,
} from './address-rules.ts';
import { githubProfile } from './github.ts';
import type { Claims, ReadProfile } from './profile.ts';

export interface ProviderShape {
  /** With the subject, it names an identity. */
  readonly issuer: string;
  /** Null: found by OpenID Connect Discovery. */
  readonly endpoints: Endpoints | null;
  /** Null for a provider of OpenID Connect, which says in an ID token who the user is. */
  readonly profile: ReadProfile | null;
  readonly scopes: readonly string[];
  readonly addressRule: AddressRule;
  /** Whether it speaks for an address in a domain whose owner has chosen it. Null: it has accounts of persons only. */
  readonly domainRule: DomainRule | null;
  /** Whether the answer comes as a POST (OAuth 2.0 Form Post Response Mode). */
  readonly isFormPost: boolean;
}

interface Endpoints {
  readonly authorization: string;
  readonly token: string;
  readonly userinfo: string | null;
  readonly jwks: string | null;
}

const OIDC = {
  endpoints: null,
  profile: null,
  scopes: ['openid', 'email', 'profile'],
  addressRule: never,
  domainRule: notDenied,
  isFormPost: false,
} as const;

const PRESETS: Readonly<Record<PresetName, (issuer: string | null, directory: string) => ProviderShape>> = {
  // The scopes `email` and `name` oblige it to answer by form_post. It verifies addresses, and relays are its own: trust
  // them with `"addresses": "email_verified"`.
  apple: () => ({
    ...OIDC,
    issuer: 'https://appleid.apple.com',
    scopes: ['openid', 'email'],
    domainRule: null,
    isFormPost: true,
  }),
  github: (issuer) => {
    // GitHub Enterprise Server has everything at one host.
    const site = issuer === null ? 'https://github.com' : issuer.replace(/\/$/, '');
    const api = issuer === null ? 'https://api.github.com' : `${site}/api/v3`;
    return {
      issuer: site,
      endpoints: {
        authorization: `${site}/login/oauth/authorize`,
        token: `${site}/login/oauth/access_token`,
        userinfo: null,
        jwks: null,
      },
      profile: githubProfile(api),
      scopes: ['read:user', 'user:email'],
      // The profile contains an address only if it is primary and verified.
      addressRule: ({ email_verified: verified }) => verified === true,
      domainRule: issuer === null ? null : notDenied,
      isFormPost: false,
    };
  },
  gitlab: (issuer) => ({
    ...OIDC,
    issuer: issuer ?? 'https://gitlab.com',
    domainRule: issuer === null ? null : notDenied,
  }),
  google: () => ({
    ...OIDC,
    issuer: 'https://accounts.google.com',
    addressRule: googleRule,
    domainRule: googleDomainRule,
  }),
  microsoft: (_issuer, directory) => ({
    ...OIDC,
    issuer: `https://login.microsoftonline.com/${directory}/v2.0`,
    addressRule: microsoftRule,
  }),
};

export function shapeOf(source: ProviderSource): ProviderShape {
  switch (source.is) {
    case 'PRESET':
      return PRESETS[source.preset](source.issuer, source.directory ?? '');
    case 'ISSUER':
      return { ...OIDC, issuer: source.issuer };
    case 'ENDPOINTS': {
      const { issuer, endpoints } = source;
      const { jwks, userinfo, subject } = endpoints;
      if (jwks !== null) return { ...OIDC, issuer, endpoints };
      const profile: ReadProfile = async (get) => {
        const claims = Object(await get(userinfo ?? '')) as Claims;
        return { ...claims, sub: claims[subject] };
      };
      return { ...OIDC, issuer, endpoints, profile, scopes: ['email', 'profile'] };
    }
  }
}

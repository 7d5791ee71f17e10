// One configured identity provider of OpenID Connect or OAuth 2: what it publishes, and the requests that are made to it.
import type { Configuration, ServerMetadata } from 'openid-client';
import type { OAuthSettings } from '../../config/provider-settings.ts';
import { type Clock, secondsAhead } from '../../platform/clock.ts';
import { type Outgoing, outgoing } from '../../platform/outgoing.ts';
import type { DomainRule } from './address-rules.ts';
import { clientAuthentication } from './client-secret.ts';
import { configurationDigest } from './configuration-digest.ts';
import { Kept } from './kept.ts';
import { openid } from './library.ts';
import { type ProviderShape, shapeOf } from './presets.ts';
import { ProviderKeys } from './provider-keys.ts';

const FRESH_SECONDS = 3600;
/** Addresses seldom change, and a provider that does not answer cannot be used with them anyway. */
const MOST_SECONDS = 30 * 86_400;

export interface ProviderParts {
  readonly clock: Clock;
  /** Whether HTTP and addresses in our own network are allowed: in development. */
  readonly isDevelopment: boolean;
}

export class Provider {
  readonly protocol = 'OAUTH';
  readonly settings: OAuthSettings;
  readonly shape: ProviderShape;
  readonly keys: ProviderKeys;
  /** Of the configuration for which a test sign-in counts. */
  readonly configurationDigest: string;
  readonly send: Outgoing;
  readonly #isDevelopment: boolean;
  readonly #metadata: Kept<ServerMetadata>;

  constructor(settings: OAuthSettings, { clock, isDevelopment }: ProviderParts) {
    this.settings = settings;
    this.shape = shapeOf(settings.source);
    this.configurationDigest = configurationDigest(settings);
    this.#isDevelopment = isDevelopment;
    this.send = outgoing({
      mayBeInsecure: isDevelopment,
      mayBePrivate: isDevelopment || settings.mayBePrivate,
    });
    this.#metadata = new Kept(() => this.#discover(), {
      clock,
      // The example provider is started and stopped all the time.
      freshSeconds: settings.isExample ? 0 : FRESH_SECONDS,
      mostSeconds: settings.isExample ? 0 : MOST_SECONDS,
    });
    this.keys = new ProviderKeys(this.send, async () => (await this.metadata()).jwks_uri ?? '', { clock });
  }

  get domainRule(): DomainRule | null {
    return this.shape.domainRule;
  }

  get id(): string {
    return this.settings.id;
  }

  /** Whether it says in ID tokens who the user is, and when they authenticated. */
  get isOpenId(): boolean {
    return this.shape.profile === null;
  }

  /** Whether it can be asked to authenticate a user again, and says that it has. */
  get canAskAnew(): boolean {
    return this.isOpenId;
  }

  /** Whether users of this tenant can use it. */
  serves(tenantId: string): boolean {
    return this.settings.tenant === null || this.settings.tenant === tenantId;
  }

  metadata(): Promise<ServerMetadata> {
    return this.#metadata.get();
  }

  /** Of the library, for one exchange: it follows our clock, and its own tolerance is not used. */
  async configuration(now: Date): Promise<Configuration> {
    const metadata = await this.metadata();
    const { settings } = this;
    const library = await openid();
    const authentication = await clientAuthentication(settings.secret, settings.clientId, metadata, now);
    const client = {
      [library.clockSkew]: secondsAhead(now),
      [library.clockTolerance]: CLOCK_TOLERANCE_SECONDS,
    };
    const configuration = new library.Configuration(metadata, settings.clientId, client, authentication);
    return this.#prepared(configuration, library);
  }

  #prepared(configuration: Configuration, library: Awaited<ReturnType<typeof openid>>): Configuration {
    configuration[library.customFetch] = this.send;
    if (this.#isDevelopment) library.allowInsecureRequests(configuration);
    return configuration;
  }

  async #discover(): Promise<ServerMetadata> {
    const { issuer, endpoints } = this.shape;
    if (endpoints === null) {
      const library = await openid();
      const found = await library.discovery(new URL(issuer), this.settings.clientId, {}, library.None(), {
        [library.customFetch]: this.send,
        ...(this.#isDevelopment && { execute: [library.allowInsecureRequests] }),
      });
      return found.serverMetadata();
    }
    const { authorization, token, userinfo, jwks } = endpoints;
    return {
      issuer,
      authorization_endpoint: authorization,
      token_endpoint: token,
      token_endpoint_auth_methods_supported: ['client_secret_post'],
      ...(userinfo !== null && { userinfo_endpoint: userinfo }),
      ...(jwks !== null && { jwks_uri: jwks, id_token_signing_alg_values_supported: [...SIGNED_BY] }),
    };
  }
}

/** Of clocks, in tokens. */
export const CLOCK_TOLERANCE_SECONDS = 10;

/** What a provider without discovery may sign with. */
const SIGNED_BY = ['RS256', 'PS256', 'ES256', 'EdDSA'];

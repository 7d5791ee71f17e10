// Reads the configuration from environment variables, once, at startup. An error names the variable and the accepted
// form, but never the value, which may be a secret. Two exceptions bypass this file: the embedded PostgreSQL inherits a
// few system variables, and the demo reads the URL of its server.
import { OperatorError } from '../platform/operator-error.ts';
import { breachedSource } from './breached-passwords.ts';
import {
  type ClientCertificateConfig,
  certificateMistakes,
  clientCertificateConfig,
  type TlsConfig,
  tlsConfig,
} from './certificates.ts';
import { type DevelopmentTlsConfig, developmentTls } from './development-tls.ts';
import { isLoopback } from './loopback.ts';
import { passkeyMistakes, passkeySettings } from './passkeys.ts';
import { DEVELOPMENT_KEY, developmentDefaults } from './production.ts';
import type { ProvidersSettings } from './provider-settings.ts';
import { readProviders } from './providers.ts';
import type {
  BreachedPasswordSettings,
  MessageLimitSettings,
  NetworkLimitSettings,
  PasskeySettings,
  RetentionSettings,
  WellKnownSettings,
} from './settings.ts';
import { type TwilioConfig, twilioConfig, twilioMistakes } from './twilio.ts';
import {
  DAY_SECONDS,
  type Environment,
  MOST_BCRYPT_COST,
  VARIABLES,
  type Variable,
  wholeNumber,
} from './variables.ts';
import { wellKnownSettings } from './well-known.ts';

export interface Config {
  readonly production: boolean;
  readonly port: number;
  readonly host: string;
  /** Null starts the embedded PostgreSQL. */
  readonly databaseUrl: string | null;
  readonly dataDir: string;
  /** Whether DATA_DIR is set explicitly. */
  readonly isDataDirGiven: boolean;
  /** The name of this instance, as shown to users. */
  readonly productName: string;
  /** The URL at which clients reach the server, and the issuer and audience of its tokens. No trailing slash. */
  readonly publicUrl: string;
  /** 32 bytes each. The first one seals. */
  readonly secretKeys: readonly Uint8Array[];
  /** Origins of browser applications that may call the API. */
  readonly corsOrigins: readonly string[];
  /** Whether pages on this machine, on any port, may call the API as well. */
  readonly localOrigins: boolean;
  /** Whether the API serves GraphiQL to browsers. */
  readonly graphiql: boolean;
  /** Whether introspection queries are allowed. */
  readonly introspection: boolean;
  /** The proxies whose forwarded headers are trusted: addresses, networks, and the names of the `proxy-addr` package. */
  readonly trustedProxies: readonly string[];
  /** The header in which these proxies name the client. The other one is ignored, because clients can set it. */
  readonly forwardedHeader: 'x-forwarded-for' | 'forwarded';
  /** Null serves HTTP, and a proxy in front of the server does TLS. */
  readonly tls: TlsConfig | null;
  /** Null serves no TLS beside HTTP. */
  readonly developmentTls: DevelopmentTlsConfig | null;
  /** Null accepts no client certificates. */
  readonly clientCertificates: ClientCertificateConfig | null;
  /** Null leaves messages in the development inbox. */
  readonly smtpUrl: string | null;
  readonly mailFrom: string;
  /** Null leaves messages in the development inbox. */
  readonly twilio: TwilioConfig | null;
  readonly messageLimits: MessageLimitSettings;
  readonly networkLimits: NetworkLimitSettings;
  readonly sms: {
    /** Whether text messages can be a factor. */
    readonly enabled: boolean;
    /** The countries to which text messages are sent, as ISO 3166-1 alpha-2 codes. */
    readonly countries: readonly string[];
  };
  /** Null when passkeys cannot be used, because the server is not at a secure origin with a name. */
  readonly passkeys: PasskeySettings | null;
  readonly wellKnown: WellKnownSettings;
  /** The path of FIDO metadata statements. Null trusts no maker of authenticators. */
  readonly passkeyMetadata: string | null;
  /** The identity providers with which users can sign in. */
  readonly providers: ProvidersSettings;
  /** The name servers that are asked for the proofs of domains. Null: those of the system. */
  readonly dnsServers: readonly string[] | null;
  /** Whether devices are told of requests by Web Push. */
  readonly push: boolean;
  /** The page that links point to. The token follows the `#`. */
  readonly linkUrl: string;
  /** The path of a MaxMind database. Null uses the built-in database of countries. */
  readonly geoipDatabase: string | null;
  readonly retention: RetentionSettings;
  /** Schema files of other services. Their bound fields describe in words what a proof approves. */
  readonly apiSchemas: readonly string[];
  readonly breachedPasswords: BreachedPasswordSettings;
  readonly bcryptCost: number;
  readonly logLevel: string;
  readonly accessTokenSeconds: number;
  /** A session ends when it is not refreshed for this long. */
  readonly sessionIdleSeconds: number;
  /** A session ends after this time, even if it is in use. */
  readonly sessionSeconds: number;
  /** Whether this process runs as an npm script. */
  readonly isNpmScript: boolean;
  /** How long the server keeps serving after it has reported that it is no longer ready. */
  readonly drainSeconds: number;
  /** How long a refresh token can be used again after its response was lost. 0 disables this. */
  readonly refreshLeewaySeconds: number;
  /** How long a session that was read counts without being read again. 0 reads it for each request. */
  readonly sessionCacheSeconds: number;
}

/** Lists all errors at once, each with its variable. */
export class ConfigError extends OperatorError {
  readonly code = 'CONFIG_INVALID';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`Invalid configuration:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
    this.mistakes = mistakes;
  }
}

/** Where sessions idle out soon, the theft of a token is detected for longer than that. */
const LEAST_USED_TOKEN_SECONDS = 7 * DAY_SECONDS;

/** The lowest cost that bcrypt supports, for tests. */
const LEAST_BCRYPT_COST = 4;

/** @throws {ConfigError} with all errors at once. */
export function readConfig(source: Readonly<Record<string, string | undefined>>): Config {
  const isTest = source['NODE_ENV']?.trim() === 'test';
  const variables: Readonly<Record<string, Variable<unknown>>> = isTest
    ? { ...VARIABLES, BCRYPT_COST: wholeNumber(LEAST_BCRYPT_COST, MOST_BCRYPT_COST) }
    : VARIABLES;
  const values: Record<string, unknown> = {};
  const mistakes: string[] = [];
  const given = new Set<string>();
  for (const [name, { form, read }] of Object.entries(variables)) {
    const it = source[name]?.trim();
    if (!it) continue; // An empty variable counts as unset, because docker compose passes unset variables as empty.
    given.add(name);
    const value = read(it);
    if (value === undefined) mistakes.push(`${name} must be ${form}.`);
    else values[name] = value;
  }
  const env = values as Environment;
  const production = env.NODE_ENV === 'production';
  if (production) mistakes.push(...developmentDefaults(env, given));
  mistakes.push(...twilioMistakes(given), ...certificateMistakes(env, given));
  const port = env.PORT ?? 4000;
  const tls = tlsConfig(env);
  const publicUrl = env.PUBLIC_URL ?? `${tls === null ? 'http' : 'https'}://localhost:${port}`;
  const providers = readProviders(env, { production, publicUrl, variables: source });
  mistakes.push(...passkeyMistakes(env, publicUrl), ...providers.mistakes);
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const passkeys = passkeySettings(env, publicUrl);
  const sessionIdleSeconds = env.SESSION_IDLE_SECONDS ?? 7 * DAY_SECONDS;
  const terms = { production, privateHosts: env.PRIVATE_HOSTS ?? [] };
  const isReachable = publicUrl.startsWith('https://') && !isLoopback(publicUrl);
  return {
    production,
    port,
    host: env.HOST ?? (production ? '0.0.0.0' : '127.0.0.1'),
    databaseUrl: env.DATABASE_URL ?? null,
    dataDir: env.DATA_DIR ?? '.stepgate',
    isDataDirGiven: env.DATA_DIR !== undefined,
    productName: env.PRODUCT_NAME ?? new URL(publicUrl).hostname,
    publicUrl,
    secretKeys: env.SECRET_KEYS ?? [DEVELOPMENT_KEY],
    corsOrigins: env.CORS_ORIGINS ?? [],
    localOrigins: env.NODE_ENV === undefined || env.NODE_ENV === 'development',
    graphiql: (env.GRAPHIQL ?? (production ? 'off' : 'on')) === 'on',
    introspection: env.INTROSPECTION !== 'off',
    trustedProxies: env.TRUSTED_PROXIES ?? [],
    forwardedHeader: env.FORWARDED_HEADER === 'forwarded' ? 'forwarded' : 'x-forwarded-for',
    tls,
    developmentTls: developmentTls(env, publicUrl),
    clientCertificates: clientCertificateConfig(env, terms),
    smtpUrl: env.SMTP_URL ?? null,
    mailFrom: env.MAIL_FROM ?? 'Stepgate <stepgate@localhost>',
    twilio: twilioConfig(env, publicUrl, isReachable, terms),
    // Without Twilio, text messages work in the development inbox only.
    sms: {
      enabled: env.SMS !== 'off' && (!production || given.has('TWILIO_ACCOUNT_SID')),
      countries: env.SMS_COUNTRIES ?? ['US', 'CA'],
    },
    passkeys,
    wellKnown: wellKnownSettings(env, passkeys),
    passkeyMetadata: env.PASSKEY_METADATA ?? null,
    providers: providers.settings,
    dnsServers: env.DNS_SERVERS ?? null,
    push: env.PUSH !== 'off',
    linkUrl: env.LINK_URL ?? `${publicUrl}/link`,
    messageLimits: {
      smsPerNumber: env.SMS_PER_NUMBER_HOURLY ?? 5,
      smsPerAccount: env.SMS_PER_ACCOUNT_HOURLY ?? 10,
      smsPerPrefix: env.SMS_PER_PREFIX_HOURLY ?? 20,
      mailPerAddress: env.MAIL_PER_ADDRESS_HOURLY ?? 20,
      mailPerPrefix: env.MAIL_PER_PREFIX_HOURLY ?? 300,
    },
    networkLimits: {
      failuresPerIp: env.FAILURES_PER_IP_HOURLY ?? 600,
      failuresPerPrefix: env.FAILURES_PER_PREFIX_HOURLY ?? 2000,
      startsPerIp: env.STARTS_PER_IP_HOURLY ?? 3000,
      startsPerPrefix: env.STARTS_PER_PREFIX_HOURLY ?? 10_000,
    },
    geoipDatabase: env.GEOIP_DATABASE ?? null,
    retention: {
      auditSeconds: (env.AUDIT_DAYS ?? 400) * DAY_SECONDS,
      endedSessionSeconds: (env.ENDED_SESSION_DAYS ?? 30) * DAY_SECONDS,
      // Until then, a token that was not used could still be valid.
      usedTokenSeconds: Math.max(LEAST_USED_TOKEN_SECONDS, sessionIdleSeconds),
      deviceSeconds: (env.DEVICE_DAYS ?? 400) * DAY_SECONDS,
      messageSeconds: (env.MESSAGE_DAYS ?? 1) * DAY_SECONDS,
    },
    apiSchemas: env.API_SCHEMAS ?? [],
    breachedPasswords: {
      source: breachedSource(env, terms),
      whenUnreachable: env.BREACHED_PASSWORDS_UNREACHABLE === 'refuse' ? 'refuse' : 'accept',
    },
    bcryptCost: env.BCRYPT_COST ?? 12,
    logLevel: env.LOG_LEVEL ?? 'info',
    accessTokenSeconds: env.ACCESS_TOKEN_SECONDS ?? 600,
    sessionIdleSeconds,
    sessionSeconds: env.SESSION_SECONDS ?? 30 * DAY_SECONDS,
    isNpmScript: source['npm_lifecycle_event'] !== undefined,
    drainSeconds: env.DRAIN_SECONDS ?? (production ? 5 : 0),
    refreshLeewaySeconds: env.REFRESH_LEEWAY_SECONDS ?? 10,
    sessionCacheSeconds: env.SESSION_CACHE_SECONDS ?? 0,
  };
}

// Reads the configuration from environment variables, once, at startup. An error names the variable and the accepted
// form, but never the value, which may be a secret. Two exceptions bypass this file: the embedded PostgreSQL inherits a
// few system variables, and the demo reads the URL of its server.
import { isIP } from 'node:net';
import { compile } from 'proxy-addr';
import { isLoopback } from './loopback.ts';
import { type TwilioConfig, twilioConfig, twilioMistakes } from './twilio.ts';

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
  /** The page that links point to. The token follows the `#`. */
  readonly linkUrl: string;
  /** The path of a MaxMind database. Null uses the built-in database of countries. */
  readonly geoipDatabase: string | null;
  /** How long events of the audit log are kept. */
  readonly auditSeconds: number;
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
}

/** How many messages may be sent per hour. A prefix is the network of the client that requests them. */
export interface MessageLimitSettings {
  readonly smsPerNumber: number;
  readonly smsPerAccount: number;
  readonly smsPerPrefix: number;
  readonly mailPerAddress: number;
  readonly mailPerPrefix: number;
}

/** Limits per hour for unauthenticated clients. An IP is an address or an IPv6 /64; a prefix is the network around it. */
export interface NetworkLimitSettings {
  /** Wrong guesses in one tenant. */
  readonly failuresPerIp: number;
  readonly failuresPerPrefix: number;
  /** New workflows on one node. */
  readonly startsPerIp: number;
  readonly startsPerPrefix: number;
}

/** Where breached passwords are looked up, in addition to the built-in list of common ones. */
export interface BreachedPasswordSettings {
  readonly source:
    | { readonly name: 'common' }
    /** A range API like that of Have I Been Pwned. No trailing slash. */
    | { readonly name: 'online'; readonly url: string }
    | { readonly name: 'index'; readonly path: string };
  /** What to do with a password that cannot be looked up. */
  readonly whenUnreachable: 'accept' | 'refuse';
}

/** Lists all errors at once, each with its variable. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly mistakes: readonly string[];

  constructor(mistakes: readonly string[]) {
    super(`Invalid configuration:\n${mistakes.map((mistake) => `  - ${mistake}`).join('\n')}`);
    this.mistakes = mistakes;
  }
}

/** A publicly known key for development. Production refuses it. */
const DEVELOPMENT_KEY = Buffer.from('stepgate development key, secret');
const BCRYPT_COST_FLOOR = 10;
/** The lowest cost that bcrypt supports, for tests. */
const LEAST_BCRYPT_COST = 4;
const MOST_BCRYPT_COST = 16;

/** An environment variable: its parser, and the accepted form for the error message. */
interface Variable<T> {
  readonly form: string;
  readonly read: (text: string) => T | undefined;
}

const variable = <T>(form: string, read: (text: string) => T | undefined): Variable<T> => ({ form, read });
const text = (form: string, pattern: RegExp) => variable(form, (it) => (pattern.test(it) ? it : undefined));
const oneOf = (...words: readonly string[]) =>
  variable(`one of ${words.join(', ')}`, (it) => (words.includes(it) ? it : undefined));
const wholeNumber = (least: number, most: number) =>
  variable(`a whole number from ${least} to ${most}`, (it) =>
    /^\d{1,9}$/.test(it) && Number(it) >= least && Number(it) <= most ? Number(it) : undefined,
  );
const url = (form: string, pattern: RegExp) =>
  variable(form, (it) => (pattern.test(it) && URL.canParse(it) ? it : undefined));
const list = <T>(form: string, read: (text: string) => T | undefined) =>
  variable(form, (it) => {
    const parts = it.split(',').map((part) => read(part.trim()));
    return parts.some((part) => part === undefined) ? undefined : (parts as T[]);
  });

const DAY_SECONDS = 86_400;

export const VARIABLES = {
  NODE_ENV: oneOf('development', 'test', 'production'),
  PORT: wholeNumber(0, 65_535),
  HOST: text('an address or host name to listen on', /^[\w.:-]+$/),
  DATABASE_URL: url('postgres://user:password@host:5432/database', /^postgres(ql)?:\/\/\S+$/),
  DATA_DIR: text('the path of a directory', /^[^\0]+$/),
  PUBLIC_URL: variable('an origin without a path, for example https://auth.example.com', origin),
  // The key URI format of authenticator apps separates issuer and account with a colon.
  PRODUCT_NAME: text('a name of at most 64 characters without a colon', /^[^:\p{Cc}]{1,64}$/u),
  SECRET_KEYS: list(
    'one or more keys of 32 bytes in base64, separated by commas, with the sealing key first; generate a key with `openssl rand -base64 32`',
    secretKey,
  ),
  CORS_ORIGINS: list('origins separated by commas, for example https://app.example.com', origin),
  GRAPHIQL: oneOf('on', 'off'),
  INTROSPECTION: oneOf('on', 'off'),
  TRUSTED_PROXIES: list(
    'addresses, networks such as 10.0.0.0/8, or the words loopback, linklocal and uniquelocal, separated by commas',
    trustedProxy,
  ),
  FORWARDED_HEADER: oneOf('x-forwarded-for', 'forwarded'),
  SMTP_URL: url(
    'smtp://user:password@host:587, or smtps:// for TLS from the start',
    /^smtps?:\/\/[^\s/?#]\S*$/,
  ),
  MAIL_FROM: text('an address, for example Stepgate <auth@example.com>', /^[^\r\n]*\S@\S+$/),
  TWILIO_ACCOUNT_SID: text('AC and 32 hexadecimal digits', /^AC[0-9a-f]{32}$/i),
  TWILIO_AUTH_TOKEN: text('the auth token of the Twilio account', /^\S{16,}$/),
  TWILIO_FROM: text('a phone number in E.164 form, for example +15005550006', /^\+[1-9]\d{6,14}$/),
  TWILIO_MESSAGING_SERVICE_SID: text('MG and 32 hexadecimal digits', /^MG[0-9a-f]{32}$/i),
  SMS: oneOf('on', 'off'),
  SMS_COUNTRIES: list('two-letter country codes, separated by commas, for example US,CA', country),
  LINK_URL: variable(
    'the URL of a page, without a fragment, for example https://app.example.com/approve',
    pageUrl,
  ),
  SMS_PER_NUMBER_HOURLY: wholeNumber(1, 1_000_000),
  SMS_PER_ACCOUNT_HOURLY: wholeNumber(1, 1_000_000),
  SMS_PER_PREFIX_HOURLY: wholeNumber(1, 1_000_000),
  MAIL_PER_ADDRESS_HOURLY: wholeNumber(1, 1_000_000),
  MAIL_PER_PREFIX_HOURLY: wholeNumber(1, 1_000_000),
  FAILURES_PER_IP_HOURLY: wholeNumber(1, 1_000_000),
  FAILURES_PER_PREFIX_HOURLY: wholeNumber(1, 1_000_000),
  STARTS_PER_IP_HOURLY: wholeNumber(1, 1_000_000),
  STARTS_PER_PREFIX_HOURLY: wholeNumber(1, 1_000_000),
  TWILIO_VERIFY_SERVICE_SID: text('VA and 32 hexadecimal digits', /^VA[0-9a-f]{32}$/i),
  TWILIO_API_URL: variable('an origin without a path, for example https://sms.example.com', origin),
  GEOIP_DATABASE: text('the path of a MaxMind database, for example GeoLite2-City.mmdb', /^[^\0]+$/),
  AUDIT_DAYS: wholeNumber(1, 36_500),
  API_SCHEMAS: list('paths of GraphQL schema files, separated by commas', filePath),
  BREACHED_PASSWORDS: variable('common, online, or the path of an index', filePath),
  BREACHED_PASSWORDS_URL: variable('an origin without a path, for example https://hibp.example.com', origin),
  BREACHED_PASSWORDS_UNREACHABLE: oneOf('accept', 'refuse'),
  BCRYPT_COST: wholeNumber(BCRYPT_COST_FLOOR, MOST_BCRYPT_COST),
  LOG_LEVEL: oneOf('fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'),
  ACCESS_TOKEN_SECONDS: wholeNumber(30, 3600),
  SESSION_IDLE_SECONDS: wholeNumber(300, 90 * DAY_SECONDS),
  SESSION_SECONDS: wholeNumber(300, 365 * DAY_SECONDS),
  DRAIN_SECONDS: wholeNumber(0, 300),
  REFRESH_LEEWAY_SECONDS: wholeNumber(0, 60),
} as const;

type Environment = {
  readonly [Name in keyof typeof VARIABLES]?: Exclude<
    ReturnType<(typeof VARIABLES)[Name]['read']>,
    undefined
  >;
};

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
  mistakes.push(...twilioMistakes(given));
  if (mistakes.length > 0) throw new ConfigError(mistakes);
  const port = env.PORT ?? 4000;
  const publicUrl = env.PUBLIC_URL ?? `http://localhost:${port}`;
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
    smtpUrl: env.SMTP_URL ?? null,
    mailFrom: env.MAIL_FROM ?? 'Stepgate <stepgate@localhost>',
    twilio: twilioConfig(env, publicUrl, isReachable),
    // Without Twilio, text messages work in the development inbox only.
    sms: {
      enabled: env.SMS !== 'off' && (!production || given.has('TWILIO_ACCOUNT_SID')),
      countries: env.SMS_COUNTRIES ?? ['US', 'CA'],
    },
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
    auditSeconds: (env.AUDIT_DAYS ?? 730) * DAY_SECONDS,
    apiSchemas: env.API_SCHEMAS ?? [],
    breachedPasswords: {
      source: breachedSource(env),
      whenUnreachable: env.BREACHED_PASSWORDS_UNREACHABLE === 'refuse' ? 'refuse' : 'accept',
    },
    bcryptCost: env.BCRYPT_COST ?? 12,
    logLevel: env.LOG_LEVEL ?? 'info',
    accessTokenSeconds: env.ACCESS_TOKEN_SECONDS ?? 600,
    sessionIdleSeconds: env.SESSION_IDLE_SECONDS ?? 7 * DAY_SECONDS,
    sessionSeconds: env.SESSION_SECONDS ?? 30 * DAY_SECONDS,
    isNpmScript: source['npm_lifecycle_event'] !== undefined,
    drainSeconds: env.DRAIN_SECONDS ?? (production ? 5 : 0),
    refreshLeewaySeconds: env.REFRESH_LEEWAY_SECONDS ?? 10,
  };
}

/** Finds development defaults that would be insecure, or would not work, in production. */
function developmentDefaults(env: Environment, given: ReadonlySet<string>): string[] {
  const missing: readonly [boolean, string][] = [
    [
      !given.has('DATABASE_URL'),
      'DATABASE_URL must be set in production. The embedded PostgreSQL is for development only.',
    ],
    [!given.has('PUBLIC_URL'), 'PUBLIC_URL must be set in production. It is the issuer of every token.'],
    [
      env.PUBLIC_URL?.startsWith('http://') === true && !isLoopback(env.PUBLIC_URL),
      'PUBLIC_URL must start with https:// in production. Otherwise cookies and tokens are sent unencrypted.',
    ],
    [
      env.LINK_URL?.startsWith('http://') === true && !isLoopback(env.LINK_URL),
      'LINK_URL must start with https:// in production. Otherwise an attacker who alters the page can approve in the visitor’s name.',
    ],
    [
      !given.has('SECRET_KEYS') || env.SECRET_KEYS?.some((key) => DEVELOPMENT_KEY.equals(key)) === true,
      'SECRET_KEYS must be set in production to your own keys. The development key is public.',
    ],
    [
      !given.has('SMTP_URL'),
      'SMTP_URL must be set in production. The development inbox shows all codes to everyone.',
    ],
    [
      env.TWILIO_API_URL?.startsWith('http://') === true && !isLoopback(env.TWILIO_API_URL),
      'TWILIO_API_URL must start with https:// in production. Otherwise codes and the auth token are sent unencrypted.',
    ],
    [
      env.BREACHED_PASSWORDS_URL?.startsWith('http://') === true && !isLoopback(env.BREACHED_PASSWORDS_URL),
      'BREACHED_PASSWORDS_URL must start with https:// in production. Otherwise an attacker who alters the responses decides which passwords are accepted.',
    ],
    [
      !given.has('MAIL_FROM'),
      'MAIL_FROM must be set in production. Mail from localhost is likely to be rejected.',
    ],
  ];
  return missing.filter(([isMissing]) => isMissing).map(([, mistake]) => mistake);
}

function breachedSource(env: Environment): BreachedPasswordSettings['source'] {
  const { BREACHED_PASSWORDS: chosen = 'common' } = env;
  switch (chosen) {
    case 'common':
      return { name: 'common' };
    case 'online':
      return { name: 'online', url: env.BREACHED_PASSWORDS_URL ?? 'https://api.pwnedpasswords.com' };
    default:
      return { name: 'index', path: chosen };
  }
}

function origin(text: string): string | undefined {
  const parsed = URL.parse(text);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) return undefined;
  // Only scheme, host and port are allowed. Anything else would be dropped silently.
  return parsed.href === `${parsed.origin}/` && !/[@?#*]/.test(text) ? parsed.origin : undefined;
}

function trustedProxy(text: string): string | undefined {
  // The library reads `10` as 0.0.0.10, which is surely a mistake.
  if (!/^(loopback|linklocal|uniquelocal)$/.test(text) && isIP(text.split('/', 1)[0] ?? '') === 0)
    return undefined;
  try {
    compile(text);
    return text;
  } catch {
    return undefined;
  }
}

function filePath(text: string): string | undefined {
  return text !== '' && !text.includes('\0') ? text : undefined;
}

function country(text: string): string | undefined {
  return /^[A-Z]{2}$/.test(text) ? text : undefined;
}

function pageUrl(text: string): string | undefined {
  const parsed = URL.parse(text);
  const isPage = parsed !== null && ['http:', 'https:'].includes(parsed.protocol) && !text.includes('#');
  return isPage && parsed.username === '' ? parsed.href : undefined;
}

function secretKey(text: string): Uint8Array | undefined {
  const key = Buffer.from(text, 'base64');
  return /^[\w+/-]+=*$/.test(text) && key.length === 32 ? key : undefined;
}

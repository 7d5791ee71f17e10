// Every environment variable, with its parser and the form that an error message names.
import { isIP } from 'node:net';
import { compile } from 'proxy-addr';
import { exampleProvider } from './example-provider.ts';

const BCRYPT_COST_FLOOR = 10;
export const MOST_BCRYPT_COST = 16;

/** An environment variable: its parser, and the accepted form for the error message. */
export interface Variable<T> {
  readonly form: string;
  readonly read: (text: string) => T | undefined;
}

const variable = <T>(form: string, read: (text: string) => T | undefined): Variable<T> => ({ form, read });
const text = (form: string, pattern: RegExp) => variable(form, (it) => (pattern.test(it) ? it : undefined));
const oneOf = (...words: readonly string[]) =>
  variable(`one of ${words.join(', ')}`, (it) => (words.includes(it) ? it : undefined));
export const wholeNumber = (least: number, most: number) =>
  variable(`a whole number from ${least} to ${most}`, (it) =>
    /^\d{1,9}$/.test(it) && Number(it) >= least && Number(it) <= most ? Number(it) : undefined,
  );
const url = (form: string, pattern: RegExp) =>
  variable(form, (it) => (pattern.test(it) && URL.canParse(it) ? it : undefined));
const page = (path: string) =>
  variable(`the URL of a page, without a fragment, for example https://app.example.com/${path}`, pageUrl);
const list = <T>(form: string, read: (text: string) => T | undefined) =>
  variable(form, (it) => {
    const parts = it.split(',').map((part) => read(part.trim()));
    return parts.some((part) => part === undefined) ? undefined : (parts as T[]);
  });

const path = (example: string) =>
  variable(`the path of a file, for example ${example}`, (it) => filePath(it));

export const DAY_SECONDS = 86_400;

const PROXIES =
  'addresses, networks such as 10.0.0.0/8, or the words loopback, linklocal and uniquelocal, separated by commas';

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
  TRUSTED_PROXIES: list(PROXIES, trustedProxy),
  TLS_CERT: path('server.pem'),
  TLS_KEY: path('server.key'),
  DEVELOPMENT_TLS_PORT: variable('off, or the number of a port', (it) =>
    it === 'off' ? it : wholeNumber(0, 65_535).read(it),
  ),
  CLIENT_CA: list('paths of files with certificates, separated by commas', filePath),
  CLIENT_CRL: list('paths of files with revocation lists, separated by commas', filePath),
  CLIENT_OCSP_URL: url(
    'the address of an OCSP responder, for example http://ocsp.example.com',
    /^https?:\/\/[^\s/?#@]+(?:\/[^\s?#]*)?$/,
  ),
  CLIENT_CERT_PROXIES: list(PROXIES, trustedProxy),
  CLIENT_CERT_PIN_POLICIES: list(
    'object identifiers in dotted form, separated by commas, for example 2.16.840.1.101.3.2.1.3.13',
    objectIdentifier,
  ),
  PRIVATE_HOSTS: list('host names separated by commas, for example ocsp.example.internal', hostName),
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
  PUSH: oneOf('on', 'off'),
  SMS_COUNTRIES: list('two-letter country codes, separated by commas, for example US,CA', country),
  PASSKEY_RP_ID: variable('a domain, for example example.com', domain),
  PASSKEY_METADATA: text('the path of a JSON file', /^[^\0]+$/),
  PROVIDERS_FILE: text('the path of a JSON file', /^[^\0]+$/),
  DNS_SERVERS: list(
    'addresses of name servers, separated by commas, for example 192.0.2.53 or [2001:db8::53]:5353',
    nameServer,
  ),
  EXAMPLE_PROVIDER: variable(
    'off, or an http:// origin on this machine, for example http://localhost:4200',
    exampleProvider,
  ),
  PASSKEY_ORIGINS: list('origins separated by commas, for example https://app.example.com', origin),
  LINK_URL: page('approve'),
  PASSKEY_ENROLL_URL: page('passkeys/new'),
  PASSKEY_MANAGE_URL: page('passkeys'),
  CHANGE_PASSWORD_URL: page('password'),
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
  ENDED_SESSION_DAYS: wholeNumber(1, 3650),
  DEVICE_DAYS: wholeNumber(1, 3650),
  MESSAGE_DAYS: wholeNumber(1, 3650),
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
  SESSION_CACHE_SECONDS: wholeNumber(0, 1),
} as const;

/** The values of the variables that are set. */
export type Environment = {
  readonly [Name in keyof typeof VARIABLES]?: Exclude<
    ReturnType<(typeof VARIABLES)[Name]['read']>,
    undefined
  >;
};

function origin(text: string): string | undefined {
  const parsed = URL.parse(text);
  if (parsed === null || !['http:', 'https:'].includes(parsed.protocol)) return undefined;
  // Only scheme, host and port are allowed. Anything else would be dropped silently.
  return parsed.href === `${parsed.origin}/` && !/[@?#*]/.test(text) ? parsed.origin : undefined;
}

/** A domain of at least two labels, because browsers refuse a top-level domain; or localhost. */
function domain(text: string): string | undefined {
  const parsed = URL.parse(`https://${text}/`);
  const isDomain = /^[a-z0-9-]+(\.[a-z0-9-]+)+$/.test(text) && isIP(text) === 0;
  return (isDomain || text === 'localhost') && parsed?.hostname === text ? text : undefined;
}

function hostName(text: string): string | undefined {
  const isName = /^[\w-]+(\.[\w-]+)*\.?$/.test(text);
  const hostname = URL.parse(`https://${text}/`)?.hostname;
  return isName && hostname === text.toLowerCase() && isIP(hostname) === 0 ? hostname : undefined;
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

/** An IP address, with a port if it is not 53. */
function nameServer(text: string): string | undefined {
  const [, six, four, port = '53'] = /^(?:\[([^\]]+)\]|([\d.]+))(?::(\d{1,5}))?$/.exec(text) ?? [];
  const isAddress = six === undefined ? isIP(four ?? text) !== 0 : isIP(six) === 6;
  return isAddress && Number(port) > 0 && Number(port) <= 65_535 ? text : undefined;
}

function filePath(text: string): string | undefined {
  return text !== '' && !text.includes('\0') ? text : undefined;
}

function objectIdentifier(text: string): string | undefined {
  return /^[0-2](\.(0|[1-9]\d*)){2,}$/.test(text) ? text : undefined;
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

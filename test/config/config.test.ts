// Environment variables: what each accepts, and that errors name the variable without repeating the value.
import { randomBytes } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts';
import { canSendText } from '../../src/config/twilio.ts';

const KEY = Buffer.alloc(32, 7).toString('base64');
const OTHER_KEY = Buffer.alloc(32, 8).toString('base64');
const DEVELOPMENT_KEY = Buffer.from('stepgate development key, secret').toString('base64');

const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://stepgate:pw@db.internal:5432/stepgate',
  PUBLIC_URL: 'https://auth.example.com',
  SECRET_KEYS: KEY,
  SMTP_URL: 'smtp://user:pw@mail.example.com:587',
  MAIL_FROM: 'Example <auth@example.com>',
};

const VERIFY = `VA${'0'.repeat(32)}`;
const TWILIO = {
  TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
  TWILIO_AUTH_TOKEN: '0123456789abcdef0123456789abcdef',
  TWILIO_FROM: '+15005550006',
};

const MESSAGE_LIMITS: Config['messageLimits'] = {
  smsPerNumber: 5,
  smsPerAccount: 10,
  smsPerPrefix: 20,
  mailPerAddress: 20,
  mailPerPrefix: 300,
};

const COMMON_ONLY: Config['breachedPasswords'] = { source: { name: 'common' }, whenUnreachable: 'accept' };

const TLS = { TLS_CERT: 'server.pem', TLS_KEY: 'server.key' };
const CLIENTS = { ...TLS, CLIENT_CA: 'ca.pem' };

/** What else must be set so that the variable is the only error. */
const BESIDE: Readonly<Record<string, Record<string, string>>> = {
  TWILIO_ACCOUNT_SID: TWILIO,
  TWILIO_AUTH_TOKEN: TWILIO,
  TWILIO_FROM: TWILIO,
  TWILIO_MESSAGING_SERVICE_SID: { ...TWILIO, TWILIO_FROM: '' },
  TWILIO_VERIFY_SERVICE_SID: TWILIO,
  TWILIO_API_URL: TWILIO,
  TLS_CERT: TLS,
  TLS_KEY: TLS,
  CLIENT_CA: TLS,
  CLIENT_CRL: CLIENTS,
  CLIENT_OCSP_URL: CLIENTS,
  CLIENT_CERT_PROXIES: CLIENTS,
  CLIENT_CERT_PIN_POLICIES: CLIENTS,
};

/** The errors in an environment. */
function mistakesIn(environment: Record<string, string>): readonly string[] {
  try {
    readConfig(environment);
    return [];
  } catch (error) {
    if (!(error instanceof ConfigError)) throw error;
    for (const mistake of error.mistakes) expect(error.message).toContain(mistake);
    return error.mistakes;
  }
}

describe('a valid environment', () => {
  test.each<[string, string, Partial<Config>]>([
    ['NODE_ENV', 'development', { production: false }],
    ['NODE_ENV', 'test', { production: false }],
    ['PORT', '0', { port: 0 }],
    ['PORT', '65535', { port: 65_535 }],
    ['PORT', ' 8080 ', { port: 8080, publicUrl: 'http://localhost:8080' }],
    ['HOST', '0.0.0.0', { host: '0.0.0.0' }],
    ['HOST', '::', { host: '::' }],
    ['HOST', 'node-1.internal', { host: 'node-1.internal' }],
    ['DATABASE_URL', 'postgres://u:p@h:5432/d', { databaseUrl: 'postgres://u:p@h:5432/d' }],
    ['DATABASE_URL', 'postgresql:///d?host=/run/pg', { databaseUrl: 'postgresql:///d?host=/run/pg' }],
    ['DATA_DIR', '/srv/step gate', { dataDir: '/srv/step gate', isDataDirGiven: true }],
    ['PUBLIC_URL', 'https://auth.example.com', { publicUrl: 'https://auth.example.com' }],
    ['PUBLIC_URL', 'https://Auth.Example.com/', { publicUrl: 'https://auth.example.com' }],
    ['PUBLIC_URL', 'http://[::1]:4000', { publicUrl: 'http://[::1]:4000' }],
    ['SECRET_KEYS', KEY, { secretKeys: [Buffer.alloc(32, 7)] }],
    ['SECRET_KEYS', `${OTHER_KEY} , ${KEY}`, { secretKeys: [Buffer.alloc(32, 8), Buffer.alloc(32, 7)] }],
    ['CORS_ORIGINS', 'https://a.example', { corsOrigins: ['https://a.example'] }],
    ['GRAPHIQL', 'off', { graphiql: false }],
    ['INTROSPECTION', 'off', { introspection: false }],
    [
      'CORS_ORIGINS',
      'https://a.example/, http://localhost:5173',
      { corsOrigins: ['https://a.example', 'http://localhost:5173'] },
    ],
    ['TRUSTED_PROXIES', '203.0.113.7', { trustedProxies: ['203.0.113.7'] }],
    [
      'TRUSTED_PROXIES',
      'loopback, linklocal,uniquelocal , 198.51.100.0/24, 2001:db8::/32, ::ffff:192.0.2.1',
      {
        trustedProxies: [
          'loopback',
          'linklocal',
          'uniquelocal',
          '198.51.100.0/24',
          '2001:db8::/32',
          '::ffff:192.0.2.1',
        ],
      },
    ],
    ['SMTP_URL', 'smtps://u:p@mail.example.com', { smtpUrl: 'smtps://u:p@mail.example.com' }],
    ['PRODUCT_NAME', 'Acme Tools', { productName: 'Acme Tools' }],
    ['MAIL_FROM', 'auth@example.com', { mailFrom: 'auth@example.com' }],
    ['MAIL_FROM', 'Step <auth@example.com>', { mailFrom: 'Step <auth@example.com>' }],
    ['API_SCHEMAS', 'a.graphql, b/c.graphql', { apiSchemas: ['a.graphql', 'b/c.graphql'] }],
    ['SMS', 'off', { sms: { enabled: false, countries: ['US', 'CA'] } }],
    ['SMS', 'on', { sms: { enabled: true, countries: ['US', 'CA'] } }],
    ['SMS_COUNTRIES', 'DE, AT,CH', { sms: { enabled: true, countries: ['DE', 'AT', 'CH'] } }],
    ['PUSH', 'off', { push: false }],
    ['LINK_URL', 'https://app.example.com/ok', { linkUrl: 'https://app.example.com/ok' }],
    ['SMS_PER_NUMBER_HOURLY', '1', { messageLimits: { ...MESSAGE_LIMITS, smsPerNumber: 1 } }],
    ['SMS_PER_ACCOUNT_HOURLY', '2', { messageLimits: { ...MESSAGE_LIMITS, smsPerAccount: 2 } }],
    ['SMS_PER_PREFIX_HOURLY', '3', { messageLimits: { ...MESSAGE_LIMITS, smsPerPrefix: 3 } }],
    ['MAIL_PER_ADDRESS_HOURLY', '4', { messageLimits: { ...MESSAGE_LIMITS, mailPerAddress: 4 } }],
    ['MAIL_PER_PREFIX_HOURLY', '1000000', { messageLimits: { ...MESSAGE_LIMITS, mailPerPrefix: 1_000_000 } }],
    ['GEOIP_DATABASE', '/srv/geo ip/city.mmdb', { geoipDatabase: '/srv/geo ip/city.mmdb' }],
    ['BREACHED_PASSWORDS', 'common', { breachedPasswords: COMMON_ONLY }],
    [
      'BREACHED_PASSWORDS',
      'online',
      {
        breachedPasswords: {
          source: {
            name: 'online',
            url: 'https://api.pwnedpasswords.com',
            mayBeInsecure: false,
            mayBePrivate: true,
          },
          whenUnreachable: 'accept',
        },
      },
    ],
    [
      'BREACHED_PASSWORDS',
      '/srv/breached passwords.index',
      {
        breachedPasswords: {
          source: { name: 'index', path: '/srv/breached passwords.index' },
          whenUnreachable: 'accept',
        },
      },
    ],
    [
      'BREACHED_PASSWORDS_UNREACHABLE',
      'refuse',
      { breachedPasswords: { ...COMMON_ONLY, whenUnreachable: 'refuse' } },
    ],
    ['BCRYPT_COST', '10', { bcryptCost: 10 }],
    ['BCRYPT_COST', '16', { bcryptCost: 16 }],
    ['LOG_LEVEL', 'silent', { logLevel: 'silent' }],
    ['ACCESS_TOKEN_SECONDS', '30', { accessTokenSeconds: 30 }],
    ['SESSION_IDLE_SECONDS', '300', { sessionIdleSeconds: 300 }],
    ['SESSION_SECONDS', '31536000', { sessionSeconds: 31_536_000 }],
  ])('%s accepts %j', (name, value, expected) => {
    expect(readConfig({ [name]: value })).toMatchObject(expected);
  });

  test.each([
    ['SESSION_IDLE_SECONDS', '7776000', { usedTokenSeconds: 7_776_000 }],
    ['SESSION_IDLE_SECONDS', '300', { usedTokenSeconds: 7 * 86_400 }],
    ['AUDIT_DAYS', '1', { auditSeconds: 86_400 }],
    ['ENDED_SESSION_DAYS', '1', { endedSessionSeconds: 86_400 }],
    ['DEVICE_DAYS', '1', { deviceSeconds: 86_400 }],
    ['MESSAGE_DAYS', '2', { messageSeconds: 172_800 }],
  ])('%s of %s is an age', (name, value, expected) => {
    expect(readConfig({ [name]: value }).retention).toMatchObject(expected);
  });

  test('Twilio accepts a phone number or a messaging service as the sender', () => {
    const { TWILIO_FROM, ...account } = TWILIO;
    expect(readConfig(TWILIO).twilio).toEqual({
      accountSid: TWILIO.TWILIO_ACCOUNT_SID,
      authToken: TWILIO.TWILIO_AUTH_TOKEN,
      sender: { from: TWILIO_FROM },
      verifyServiceSid: null,
      api: null,
      callbackOrigin: null,
    });
    const messagingServiceSid = `MG${'0'.repeat(32)}`;
    const { twilio } = readConfig({ ...account, TWILIO_MESSAGING_SERVICE_SID: messagingServiceSid });
    expect(twilio?.sender).toEqual({ messagingServiceSid });
  });

  test('Twilio Verify needs no sender, and can send only codes', () => {
    const { TWILIO_FROM, ...account } = TWILIO;
    const alone = readConfig({ ...account, TWILIO_VERIFY_SERVICE_SID: VERIFY });
    expect(alone.twilio).toMatchObject({ sender: null, verifyServiceSid: VERIFY });
    expect(canSendText(alone)).toBe(false);
    const both = readConfig({ ...TWILIO, TWILIO_VERIFY_SERVICE_SID: VERIFY });
    expect(both.twilio).toMatchObject({ sender: { from: TWILIO_FROM }, verifyServiceSid: VERIFY });
    expect(canSendText(both)).toBe(true);
  });

  test('without Twilio, texts go to the development inbox, and cannot be sent in production', () => {
    expect(canSendText(readConfig({}))).toBe(true);
    expect(canSendText(readConfig(PRODUCTION))).toBe(false);
    expect(canSendText(readConfig({ ...PRODUCTION, ...TWILIO }))).toBe(true);
  });

  test('BREACHED_PASSWORDS_URL replaces the default range API, but only with BREACHED_PASSWORDS=online', () => {
    const BREACHED_PASSWORDS_URL = 'https://hibp.example.com/';
    expect(readConfig({ BREACHED_PASSWORDS_URL }).breachedPasswords).toEqual(COMMON_ONLY);
    expect(
      readConfig({ BREACHED_PASSWORDS: 'online', BREACHED_PASSWORDS_URL }).breachedPasswords.source,
    ).toMatchObject({
      name: 'online',
      url: 'https://hibp.example.com',
    });
  });

  test.each([
    [{}, null],
    [{ PUBLIC_URL: 'http://auth.example.com' }, null],
    [{ PUBLIC_URL: 'https://localhost:4000' }, null],
    [{ PUBLIC_URL: 'https://auth.example.com' }, 'https://auth.example.com'],
    [{ TWILIO_API_URL: 'http://127.0.0.1:9000' }, 'http://localhost:4000'],
  ])(
    'Twilio delivery reports are requested only if Twilio can reach the server: %j',
    (environment, callbackOrigin) => {
      expect(readConfig({ ...TWILIO, ...environment }).twilio).toMatchObject({ callbackOrigin });
    },
  );

  test('an empty environment configures a development server that listens on loopback only', () => {
    expect(readConfig({})).toEqual({
      production: false,
      port: 4000,
      host: '127.0.0.1',
      databaseUrl: null,
      dataDir: '.stepgate',
      isDataDirGiven: false,
      productName: 'localhost',
      publicUrl: 'http://localhost:4000',
      secretKeys: [Buffer.from(DEVELOPMENT_KEY, 'base64')],
      corsOrigins: [],
      localOrigins: true,
      graphiql: true,
      introspection: true,
      trustedProxies: [],
      forwardedHeader: 'x-forwarded-for',
      passkeys: { rpId: 'localhost', origins: ['http://localhost:4000'] },
      passkeyMetadata: null,
      dnsServers: null,
      tls: null,
      developmentTls: { port: 4443, folder: '.stepgate/certificates' },
      clientCertificates: null,
      networkLimits: {
        failuresPerIp: 600,
        failuresPerPrefix: 2000,
        startsPerIp: 3000,
        startsPerPrefix: 10_000,
      },
      retention: {
        auditSeconds: 400 * 86_400,
        endedSessionSeconds: 30 * 86_400,
        usedTokenSeconds: 604_800,
        deviceSeconds: 400 * 86_400,
        messageSeconds: 86_400,
      },
      smtpUrl: null,
      mailFrom: 'Stepgate <stepgate@localhost>',
      twilio: null,
      messageLimits: MESSAGE_LIMITS,
      geoipDatabase: null,
      wellKnown: {
        relatedOrigins: [],
        enrollPasskeyUrl: null,
        managePasskeysUrl: null,
        changePasswordUrl: null,
      },
      apiSchemas: [],
      breachedPasswords: COMMON_ONLY,
      sms: { enabled: true, countries: ['US', 'CA'] },
      providers: {
        providers: [expect.objectContaining({ id: 'example', isExample: true })],
        returnUrls: ['http://localhost:4000/dev/answer'],
      },
      push: true,
      linkUrl: 'http://localhost:4000/link',
      bcryptCost: 12,
      logLevel: 'info',
      accessTokenSeconds: 600,
      sessionIdleSeconds: 604_800,
      sessionSeconds: 2_592_000,
      drainSeconds: 0,
      isNpmScript: false,
      refreshLeewaySeconds: 10,
      sessionCacheSeconds: 0,
    });
  });

  test('an empty variable counts as unset', () => {
    const names = [...Object.keys(PRODUCTION), ...Object.keys(TWILIO)];
    names.push('PORT', 'HOST', 'DATA_DIR', 'CORS_ORIGINS', 'BCRYPT_COST', 'LOG_LEVEL', 'SESSION_SECONDS');
    names.push('TWILIO_VERIFY_SERVICE_SID', 'TWILIO_API_URL', 'GEOIP_DATABASE');
    names.push('TWILIO_MESSAGING_SERVICE_SID', 'ACCESS_TOKEN_SECONDS', 'SESSION_IDLE_SECONDS');
    names.push(
      'SMS',
      'SMS_COUNTRIES',
      'LINK_URL',
      'CHANGE_PASSWORD_URL',
      'DRAIN_SECONDS',
      'GRAPHIQL',
      'INTROSPECTION',
    );
    names.push('BREACHED_PASSWORDS', 'BREACHED_PASSWORDS_URL', 'BREACHED_PASSWORDS_UNREACHABLE');
    names.push('PRIVATE_HOSTS');
    names.push('TRUSTED_PROXIES', 'SMS_PER_NUMBER_HOURLY', 'MAIL_PER_PREFIX_HOURLY');
    for (const nothing of ['', '   ']) {
      expect(readConfig(Object.fromEntries(names.map((name) => [name, nothing])))).toEqual(readConfig({}));
    }
  });

  test('unknown variables are ignored', () => {
    expect(readConfig({ PATH: '/bin', npm_config_port: 'x' })).toEqual(readConfig({}));
  });
});

describe('a configuration error', () => {
  test.each<[string, string, string]>([
    ['NODE_ENV', 'prod', 'one of development, test, production'],
    ['NODE_ENV', 'Production', 'one of development, test, production'],
    ['PORT', '65536', 'a whole number from 0 to 65535'],
    ['PORT', '-1', 'a whole number from 0 to 65535'],
    ['PORT', '40.5', 'a whole number from 0 to 65535'],
    ['PORT', '0x10', 'a whole number from 0 to 65535'],
    ['PORT', '1e3', 'a whole number from 0 to 65535'],
    ['HOST', 'http://a', 'an address or host name to listen on'],
    ['DATABASE_URL', 'mysql://sneaky@h/d', 'postgres://user:password@host:5432/database'],
    ['DATABASE_URL', 'sneaky', 'postgres://user:password@host:5432/database'],
    ['DATABASE_URL', 'postgres:sneaky', 'postgres://user:password@host:5432/database'],
    ['PUBLIC_URL', 'auth.sneaky.com', 'an origin without a path, for example https://auth.example.com'],
    ['PUBLIC_URL', 'https://sneaky.com/auth', 'an origin without a path'],
    ['PUBLIC_URL', 'https://sneaky.com/?a', 'an origin without a path'],
    ['PUBLIC_URL', 'https://sneaky.com/#', 'an origin without a path'],
    ['PUBLIC_URL', 'https://user:sneaky@h.com', 'an origin without a path'],
    ['PUBLIC_URL', 'https://:sneaky@h.com', 'an origin without a path'],
    ['PUBLIC_URL', 'ftp://sneaky.com', 'an origin without a path'],
    ['SECRET_KEYS', 'sneaky', 'one or more keys of 32 bytes in base64'],
    [
      'SECRET_KEYS',
      `${KEY},${Buffer.alloc(31).toString('base64')}`,
      'generate a key with `openssl rand -base64 32`',
    ],
    ['SECRET_KEYS', `${KEY},`, 'separated by commas'],
    ['SECRET_KEYS', Buffer.alloc(33, 1).toString('base64'), '32 bytes'],
    ['SECRET_KEYS', '6b'.repeat(32), '32 bytes in base64'],
    ['SECRET_KEYS', `!${KEY}`, '32 bytes in base64'],
    ['GRAPHIQL', 'true', 'one of on, off'],
    ['INTROSPECTION', 'OFF', 'one of on, off'],
    ['CORS_ORIGINS', '*', 'origins separated by commas, for example https://app.example.com'],
    ['CORS_ORIGINS', 'null', 'origins separated by commas'],
    ['CORS_ORIGINS', 'https://a.example,https://sneaky.example/path', 'origins separated by commas'],
    ['CORS_ORIGINS', 'https://*.sneaky.example/', 'origins separated by commas'],
    ['TRUSTED_PROXIES', 'sneaky.internal', 'addresses, networks such as 10.0.0.0/8, or the words loopback'],
    ['TRUSTED_PROXIES', 'Loopback', 'the words loopback, linklocal and uniquelocal'],
    ['TRUSTED_PROXIES', '::1,', 'separated by commas'],
    ['TRUSTED_PROXIES', '10', 'addresses'],
    ['TRUSTED_PROXIES', '0x7f000001', 'addresses'],
    ['TRUSTED_PROXIES', '10.0.0.0/33', 'networks'],
    ['TRUSTED_PROXIES', '10.0.0.1/', 'networks'],
    ['TRUSTED_PROXIES', '0.0.0.0/0', 'networks'], // everybody
    ['TRUSTED_PROXIES', '2001:db8::/129', 'networks'],
    ['SMTP_URL', 'https://sneaky', 'smtp://user:password@host:587, or smtps:// for TLS from the start'],
    ['SMTP_URL', 'smtp:///sneaky', 'smtp://user:password@host:587'],
    ['PRODUCT_NAME', 'Sneaky: tools', 'a name of at most 64 characters without a colon'],
    ['PRODUCT_NAME', 'x'.repeat(65), 'a name of at most 64 characters'],
    ['MAIL_FROM', 'sneaky', 'an address, for example Stepgate <auth@example.com>'],
    ['MAIL_FROM', 'a@b.c\r\nBcc: sneaky@d.e', 'an address'],
    ['TWILIO_ACCOUNT_SID', 'sneaky', 'AC and 32 hexadecimal digits'],
    ['TWILIO_AUTH_TOKEN', 'sneaky', 'the auth token of the Twilio account'],
    ['TWILIO_FROM', '0171 sneaky', 'a phone number in E.164 form, for example +15005550006'],
    ['TWILIO_MESSAGING_SERVICE_SID', 'sneaky', 'MG and 32 hexadecimal digits'],
    ['SMS', 'sneaky', 'one of on, off'],
    ['SMS_COUNTRIES', 'US,sneaky', 'two-letter country codes'],
    ['LINK_URL', 'https://sneaky.example.com/#here', 'the URL of a page, without a fragment'],
    ['LINK_URL', 'javascript:sneaky', 'the URL of a page, without a fragment'],
    ['PASSKEY_ENROLL_URL', 'sneaky', 'the URL of a page, without a fragment'],
    ['PASSKEY_MANAGE_URL', 'sneaky', 'the URL of a page, without a fragment'],
    ['CHANGE_PASSWORD_URL', 'javascript:sneaky', 'the URL of a page, without a fragment'],
    ['SMS_PER_NUMBER_HOURLY', '0', 'a whole number from 1 to 1000000'],
    ['SMS_PER_ACCOUNT_HOURLY', 'sneaky', 'a whole number from 1 to 1000000'],
    ['SMS_PER_PREFIX_HOURLY', '-1', 'a whole number from 1 to 1000000'],
    ['MAIL_PER_ADDRESS_HOURLY', '1000001', 'a whole number from 1 to 1000000'],
    ['MAIL_PER_PREFIX_HOURLY', '1.5', 'a whole number from 1 to 1000000'],
    ['TWILIO_VERIFY_SERVICE_SID', 'sneaky', 'VA and 32 hexadecimal digits'],
    ['TWILIO_API_URL', 'https://sms.sneaky.com/v1', 'an origin without a path'],
    ['PRIVATE_HOSTS', 'https://sneaky.internal', 'host names separated by commas'],
    ['PRIVATE_HOSTS', 'sneaky.internal:8443', 'host names separated by commas'],
    ['PRIVATE_HOSTS', '10.0.0.1', 'host names separated by commas'],
    ['PRIVATE_HOSTS', '*.sneaky.internal', 'host names separated by commas'],
    ['GEOIP_DATABASE', 'sneaky\0path', 'the path of a MaxMind database'],
    ['BREACHED_PASSWORDS', 'sneaky\0path', 'common, online, or the path of an index'],
    ['BREACHED_PASSWORDS_URL', 'https://hibp.sneaky.com/v1', 'an origin without a path'],
    ['BREACHED_PASSWORDS_UNREACHABLE', 'sneaky', 'one of accept, refuse'],
    ['BCRYPT_COST', '9', 'a whole number from 10 to 16'],
    ['BCRYPT_COST', '17', 'a whole number from 10 to 16'],
    ['LOG_LEVEL', 'sneaky', 'one of fatal, error, warn, info, debug, trace, silent'],
    ['ACCESS_TOKEN_SECONDS', '29', 'a whole number from 30 to 3600'],
    ['SESSION_IDLE_SECONDS', '0', 'a whole number from 300 to 7776000'],
    ['SESSION_SECONDS', 'Infinity', 'a whole number from 300 to 31536000'],
  ])('for %s=%j names the accepted form and does not repeat the value', (name, value, form) => {
    const [mistake, ...others] = mistakesIn({ ...BESIDE[name], [name]: value });
    expect(others).toEqual([]);
    expect(mistake).toMatch(new RegExp(`^${name} must be `));
    expect(mistake).toContain(form);
    expect(mistake).not.toContain('sneaky');
    if (value.length > 8) expect(mistake).not.toContain(value);
  });

  test('is reported together with all others', () => {
    const mistakes = mistakesIn({
      NODE_ENV: 'production',
      PORT: 'x',
      DATABASE_URL: 'x',
      BCRYPT_COST: '4',
      TWILIO_AUTH_TOKEN: 'x'.repeat(32),
    });
    expect(mistakes.map((mistake) => mistake.split(/[ ,]/, 1)[0])).toEqual([
      'PORT',
      'DATABASE_URL', // for its format only, not as missing too
      'BCRYPT_COST',
      'PUBLIC_URL',
      'SECRET_KEYS',
      'SMTP_URL',
      'MAIL_FROM',
      'TWILIO_ACCOUNT_SID',
    ]);
  });

  test('never contains a value, whichever variable it was written to', () => {
    const secret = randomBytes(24).toString('hex');
    const names = [...Object.keys(PRODUCTION), ...Object.keys(TWILIO), 'PORT', 'CORS_ORIGINS', 'BCRYPT_COST'];
    const environment = Object.fromEntries(names.map((name) => [name, `(${secret}`]));
    const mistakes = mistakesIn({ ...environment, TWILIO_AUTH_TOKEN: `${secret} ${secret}` });
    expect(mistakes).toHaveLength(names.length);
    expect(mistakes.join()).not.toContain(secret);
  });
});

describe('production', () => {
  test('starts when everything is set', () => {
    expect(readConfig(PRODUCTION)).toMatchObject({ production: true, host: '0.0.0.0', bcryptCost: 12 });
  });

  test.each(['DATABASE_URL', 'PUBLIC_URL', 'SECRET_KEYS', 'SMTP_URL', 'MAIL_FROM'])(
    'refuses the development default of %s',
    (name) => {
      const mistakes = mistakesIn({ ...PRODUCTION, [name]: '' });
      expect(mistakes).toHaveLength(1);
      expect(mistakes[0]).toMatch(new RegExp(`^${name} must be set in production`));
    },
  );

  test.each([DEVELOPMENT_KEY, `${KEY},${DEVELOPMENT_KEY}`, `${DEVELOPMENT_KEY},${KEY}`])(
    'refuses the public development key at any position in SECRET_KEYS (%#)',
    (keys) => {
      expect(mistakesIn({ ...PRODUCTION, SECRET_KEYS: keys })).toEqual([
        expect.stringMatching(/^SECRET_KEYS must be set in production to your own keys/),
      ]);
    },
  );

  test('requires https in PUBLIC_URL, except for loopback', () => {
    expect(mistakesIn({ ...PRODUCTION, PUBLIC_URL: 'http://auth.example.com' })).toEqual([
      expect.stringMatching(/^PUBLIC_URL must start with https:/),
    ]);
    expect(mistakesIn({ ...PRODUCTION, PUBLIC_URL: 'http://localhost.example.com' })).toHaveLength(1);
    expect(mistakesIn({ ...PRODUCTION, PUBLIC_URL: 'http://localhost:4000' })).toEqual([]);
    expect(mistakesIn({ ...PRODUCTION, PUBLIC_URL: 'http://127.0.0.1' })).toEqual([]);
  });

  test('requires https in TWILIO_API_URL, except for loopback', () => {
    const apiAt = (url: string) => mistakesIn({ ...PRODUCTION, ...TWILIO, TWILIO_API_URL: url });
    expect(apiAt('http://sms.example.com')).toEqual([
      expect.stringMatching(/^TWILIO_API_URL must start with https:/),
    ]);
    expect(apiAt('https://sms.example.com')).toEqual([]);
    expect(apiAt('http://127.0.0.1:9000')).toEqual([]);
  });

  test('requires https in BREACHED_PASSWORDS_URL, except for loopback', () => {
    const askedAt = (url: string) =>
      mistakesIn({ ...PRODUCTION, BREACHED_PASSWORDS: 'online', BREACHED_PASSWORDS_URL: url });
    expect(askedAt('http://hibp.example.com')).toEqual([
      expect.stringMatching(/^BREACHED_PASSWORDS_URL must start with https:/),
    ]);
    expect(askedAt('https://hibp.example.com')).toEqual([]);
    expect(askedAt('http://127.0.0.1:9000')).toEqual([]);
  });

  test('is recognized with spaces around the word', () => {
    expect(mistakesIn({ NODE_ENV: ' production ' }).length).toBeGreaterThan(0);
  });
});

describe('BCRYPT_COST', () => {
  test.each(['4', '9'])('of %s is accepted in tests only', (cost) => {
    expect(readConfig({ NODE_ENV: 'test', BCRYPT_COST: cost }).bcryptCost).toBe(Number(cost));
    expect(mistakesIn({ NODE_ENV: 'development', BCRYPT_COST: cost })).toHaveLength(1);
    expect(mistakesIn({ ...PRODUCTION, BCRYPT_COST: cost })).toHaveLength(1);
  });

  test('of 3 is never accepted', () => {
    expect(mistakesIn({ NODE_ENV: 'test', BCRYPT_COST: '3' })).toHaveLength(1);
  });
});

describe('client certificates', () => {
  test('come with authorities, and with TLS or a proxy', () => {
    const { tls, publicUrl, clientCertificates } = readConfig({ ...CLIENTS, CLIENT_CRL: 'a.crl, b.crl' });
    expect(tls).toEqual({ cert: 'server.pem', key: 'server.key' });
    expect(publicUrl).toBe('https://localhost:4000');
    expect(clientCertificates).toEqual({
      ca: ['ca.pem'],
      crl: ['a.crl', 'b.crl'],
      ocsp: null,
      proxies: [],
      pinPolicies: ['2.16.840.1.101.3.2.1.3.7', '2.16.840.1.101.3.2.1.3.13'],
    });
    const behindProxy = {
      CLIENT_CA: 'ca.pem',
      CLIENT_CERT_PROXIES: '10.0.0.1',
      CLIENT_CERT_PIN_POLICIES: '1.2.3',
    };
    expect(readConfig(behindProxy).clientCertificates).toMatchObject({
      proxies: ['10.0.0.1'],
      pinPolicies: ['1.2.3'],
    });
  });

  test.each<[string, Record<string, string>]>([
    ['TLS_CERT and TLS_KEY belong together', { TLS_CERT: 'server.pem' }],
    ['TLS_CERT and TLS_KEY belong together', { TLS_KEY: 'server.key' }],
    ['CLIENT_CA needs a way in which certificates arrive', { CLIENT_CA: 'ca.pem' }],
    ['CLIENT_CRL needs CLIENT_CA', { ...TLS, CLIENT_CRL: 'a.crl' }],
    ['CLIENT_OCSP_URL needs CLIENT_CA', { CLIENT_OCSP_URL: 'http://ocsp.example.com' }],
    ['CLIENT_OCSP_URL must be', { ...CLIENTS, CLIENT_OCSP_URL: 'ldap://ocsp.example.com' }],
    ['CLIENT_OCSP_URL must be', { ...CLIENTS, CLIENT_OCSP_URL: 'http://user:word@ocsp.example.com' }],
    ['CLIENT_CERT_PROXIES needs CLIENT_CA', { CLIENT_CERT_PROXIES: 'loopback' }],
    ['CLIENT_CERT_PIN_POLICIES needs CLIENT_CA', { CLIENT_CERT_PIN_POLICIES: '1.2.3' }],
    // Everybody could claim to be anybody.
    ['CLIENT_CERT_PROXIES must be', { CLIENT_CA: 'ca.pem', CLIENT_CERT_PROXIES: '0.0.0.0/0' }],
    ['CLIENT_CERT_PIN_POLICIES must be', { ...CLIENTS, CLIENT_CERT_PIN_POLICIES: 'PIV' }],
  ])('are refused: %s', (mistake, environment) => {
    expect(mistakesIn(environment)).toEqual([expect.stringContaining(mistake)]);
  });
});

describe('I4: a service that the server calls', () => {
  const OWN = { ...PRODUCTION, ...TWILIO, ...CLIENTS, BREACHED_PASSWORDS: 'online' };
  const NAMED = {
    ...OWN,
    TWILIO_API_URL: 'https://sms.example.internal:8443',
    CLIENT_OCSP_URL: 'http://ocsp.example.internal/ca',
    BREACHED_PASSWORDS_URL: 'https://hibp.example.internal',
  };
  const services = (environment: Record<string, string>) => {
    const { twilio, clientCertificates, breachedPasswords } = readConfig(environment);
    return [twilio?.api, clientCertificates?.ocsp, breachedPasswords.source];
  };

  test('is public, unless its name is in PRIVATE_HOSTS', () => {
    expect(services(NAMED)).toMatchObject([
      { mayBePrivate: false, mayBeInsecure: false },
      { mayBePrivate: false, mayBeInsecure: true },
      { mayBePrivate: false, mayBeInsecure: false },
    ]);
    const hosts = 'SMS.example.internal, ocsp.example.internal,hibp.example.internal';
    expect(services({ ...NAMED, PRIVATE_HOSTS: hosts })).toMatchObject([
      { mayBePrivate: true, mayBeInsecure: false },
      { mayBePrivate: true, mayBeInsecure: true },
      { mayBePrivate: true, mayBeInsecure: false },
    ]);
    expect(services({ ...NAMED, PRIVATE_HOSTS: 'example.internal' })).toMatchObject([
      { mayBePrivate: false },
      { mayBePrivate: false },
      { mayBePrivate: false },
    ]);
  });

  test('may be anywhere in development, and where its URL is an address or this machine', () => {
    expect(services({ ...NAMED, NODE_ENV: 'development' })).toMatchObject([
      { mayBePrivate: true },
      { mayBePrivate: true },
      { mayBePrivate: true },
    ]);
    const addresses = {
      TWILIO_API_URL: 'https://[fd00::1]',
      CLIENT_OCSP_URL: 'http://10.0.0.1/',
      BREACHED_PASSWORDS_URL: 'http://localhost:8080',
    };
    expect(services({ ...OWN, ...addresses })).toMatchObject([
      { mayBePrivate: true },
      { mayBePrivate: true },
      { mayBePrivate: true, mayBeInsecure: true },
    ]);
  });
});

describe('Twilio', () => {
  const TOGETHER =
    'TWILIO_ACCOUNT_SID, TWILIO_AUTH_TOKEN and one of TWILIO_FROM, TWILIO_MESSAGING_SERVICE_SID or TWILIO_VERIFY_SERVICE_SID belong together. Set all three or none.';

  test.each(Object.keys(TWILIO))('without %s is an error', (name) => {
    expect(mistakesIn({ ...TWILIO, [name]: '' })).toEqual([TOGETHER]);
  });

  test.each(['TWILIO_VERIFY_SERVICE_SID', 'TWILIO_API_URL'])('with only %s set is an error', (name) => {
    const value = name === 'TWILIO_API_URL' ? 'https://sms.example.com' : VERIFY;
    expect(mistakesIn({ [name]: value })).toEqual([TOGETHER]);
  });

  test('with two senders is an error', () => {
    const mistakes = mistakesIn({ ...TWILIO, TWILIO_MESSAGING_SERVICE_SID: `MG${'0'.repeat(32)}` });
    expect(mistakes).toEqual([
      'TWILIO_FROM and TWILIO_MESSAGING_SERVICE_SID are mutually exclusive. Set only one of them.',
    ]);
  });
});

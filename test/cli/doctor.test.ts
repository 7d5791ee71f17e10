// `stepgate doctor`, on real databases and a real mail server.
import 'reflect-metadata'; // before @peculiar/x509
import { randomBytes, randomUUID } from 'node:crypto';
import { mkdtempDisposable, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { checkClock } from '../../src/cli/doctor/database.ts';
import type { Finding } from '../../src/cli/doctor/finding.ts';
import { checkServices } from '../../src/cli/doctor/services.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { MailServer } from '../delivery/mail-server.ts';
import { Authority, SERVER_AUTH } from '../factors/certificate/authority.ts';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { MachineClock } from '../harness/clock.ts';
import { runCommand, runHere } from '../harness/command.ts';
import { databaseServer, onServer, urlOf } from '../harness/database.ts';
import { newSigningKey } from '../harness/saml-provider.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let mail: MailServer;

beforeAll(async () => {
  mail = await MailServer.start();
  app = await startTestApp({}, undefined, new MachineClock());
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await mail[Symbol.asyncDispose]();
});

const environment = (): Record<string, string> => ({
  NODE_ENV: 'test',
  DATABASE_URL: app.databaseUrl,
  PUBLIC_URL: app.url,
  SMTP_URL: mail.url,
});

async function findings(changes: Record<string, string> = {}) {
  const { code, stdout, stderr } = await runHere(['doctor', '--json'], { ...environment(), ...changes });
  expect(stderr).toBe('');
  const found = JSON.parse(stdout) as Finding[];
  return { code, found, of: (check: string) => found.filter((one) => one.check === check) };
}

test('on a working server every check is ok, in one line each', async () => {
  const { code, stdout, stderr } = await runCommand('src/cli/stepgate.ts', ['doctor'], environment());
  expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
  expect(stdout.trimEnd().split('\n')).toEqual([
    'ok       configuration: All variables are valid.',
    expect.stringMatching(/^ok {7}database: PostgreSQL \d.* is reachable and accepts writes\.$/),
    expect.stringMatching(/^ok {7}clock: .* differ by \d\.\d seconds\.$/),
    'ok       migrations: All migrations are applied.',
    'ok       secret keys: SECRET_KEYS has every key that is in use.',
    'ok       signing key: A key signs access tokens.',
    `ok       mail server: ${new URL(mail.url).host} accepts connections.`,
    'skipped  text messages: TWILIO_ACCOUNT_SID is not set.',
    'skipped  certificates: TLS_CERT and CLIENT_CA are not set.',
    'skipped  SAML certificates: No identity provider speaks SAML.',
    `ok       public URL: ${app.url} reaches a server.`,
  ]);
});

test('an invalid configuration is listed in full, and nothing else is checked', async () => {
  const { code, found } = await findings({
    PORT: 'http',
    BCRYPT_COST: 'a lot',
    SMTP_URL: 'not-a-url-secret',
  });
  expect(code).toBe(1);
  expect(found.map(({ check, outcome }) => `${check} ${outcome}`)).toEqual([
    ...Array.from({ length: 3 }, () => 'configuration failed'),
    'configuration skipped',
  ]);
  const messages = JSON.stringify(found);
  for (const variable of ['PORT', 'BCRYPT_COST', 'SMTP_URL'])
    expect(messages).toContain(`${variable} must be`);
  expect(messages).not.toContain('not-a-url-secret');
});

describe('the database', () => {
  test('that cannot be reached fails without its password, and the other checks still run', async () => {
    const { code, of } = await findings({
      DATABASE_URL: 'postgres://somebody:a-secret-password@127.0.0.1:1/nowhere',
    });
    expect(code).toBe(1);
    const [database] = of('database');
    expect(database).toMatchObject({ outcome: 'failed' });
    expect(database?.message).toMatch(
      /^Cannot use the database nowhere on 127\.0\.0\.1:1 .* Check DATABASE_URL/,
    );
    expect(database?.message).not.toContain('a-secret-password');
    expect(of('mail server')).toMatchObject([{ outcome: 'ok' }]);
  });

  test('that is read-only fails', async () => {
    await using database = await scratch();
    const name = new URL(database.url).pathname.slice(1);
    await onServer(
      (await databaseServer()).url,
      `alter database ${name} set default_transaction_read_only = on`,
    );
    const { code, of } = await findings({ DATABASE_URL: database.url });
    expect(code).toBe(1);
    expect(of('database')).toMatchObject([
      { outcome: 'failed', message: expect.stringMatching(/does not accept writes\.$/) },
    ]);
  });

  test('that is not migrated fails, is not migrated in passing, and the fix names the command', async () => {
    const name = `stepgate_${randomUUID().replaceAll('-', '')}`;
    await onServer((await databaseServer()).url, `create database ${name}`);
    try {
      const DATABASE_URL = urlOf((await databaseServer()).url, name);
      const { code, of } = await findings({ DATABASE_URL });
      expect(code).toBe(1);
      expect(of('migrations')).toEqual([
        {
          check: 'migrations',
          outcome: 'failed',
          message: 'The database schema is out of date.',
          fix: 'Run `npx stepgate migrate`.',
        },
      ]);
      const tables = await query(DATABASE_URL, `select 1 from pg_class where relname = 'tenant'`);
      expect(tables).toEqual([]);
    } finally {
      await onServer((await databaseServer()).url, `drop database if exists ${name} with (force)`);
    }
  });

  test.each([
    [5000, 'ok'],
    [-5000, 'ok'],
    [5001, 'failed'],
    [-5001, 'failed'],
  ])('whose clock differs by %i ms: %s', (skew, outcome) => {
    const here = new Date('2026-01-01T00:00:00Z');
    expect(checkClock(new Date(here.getTime() + skew), here).outcome).toBe(outcome);
  });
});

describe('the keys', () => {
  test('a stored value whose key is not in SECRET_KEYS fails, and no key is printed', async () => {
    const key = randomBytes(32).toString('base64');
    const { code, found, of } = await findings({ SECRET_KEYS: key });
    expect(code).toBe(1);
    expect(of('secret keys')).toMatchObject([
      { outcome: 'failed', message: expect.stringContaining('Put that key back at the end of SECRET_KEYS.') },
    ]);
    expect(JSON.stringify(found)).not.toContain(key);
  });

  test('a first key with which no server seals yet is a warning', async () => {
    await using database = await scratch();
    const key = randomBytes(32);
    const { code, of } = await findings({ DATABASE_URL: database.url, SECRET_KEYS: key.toString('base64') });
    expect(of('secret keys')).toMatchObject([
      { outcome: 'warning', message: expect.stringContaining(new KeyRing([key]).newest.id) },
    ]);
    expect(of('signing key')).toMatchObject([
      { outcome: 'failed', fix: 'Start the server, which creates one.' },
    ]);
    expect(code).toBe(1);
  });

  test('a signing key that is published but does not sign yet is not enough', async () => {
    await using database = await scratch();
    await (await startTestApp({}, database.url, new MachineClock()))[Symbol.asyncDispose]();
    const DATABASE_URL = database.url;
    expect((await findings({ DATABASE_URL })).of('signing key')).toMatchObject([{ outcome: 'ok' }]);
    await query(DATABASE_URL, `update signing_key set signs_at = now() + interval '1 hour'`);
    expect((await findings({ DATABASE_URL })).of('signing key')).toMatchObject([
      { outcome: 'failed', fix: 'Run `npx stepgate signing-keys rotate --at-once`.' },
    ]);
  });
});

describe('the providers', () => {
  test('a mail server that is not there fails, and the login in SMTP_URL is not printed', async () => {
    const { code, found, of } = await findings({ SMTP_URL: 'smtp://postbox:a-secret-login@127.0.0.1:1' });
    expect(code).toBe(1);
    expect(of('mail server')).toMatchObject([
      {
        outcome: 'failed',
        message: expect.stringMatching(/^127\.0\.0\.1:1 does not accept connections: E\w+\.$/),
      },
    ]);
    expect(JSON.stringify(found)).not.toMatch(/a-secret-login|postbox/);
  });

  test('no mail is sent', () => {
    expect(mail.tries).toBe(0);
  });

  test('without SMTP_URL the mail server is skipped', async () => {
    expect((await findings({ SMTP_URL: '' })).of('mail server')).toMatchObject([{ outcome: 'skipped' }]);
  });

  test.each([
    ['0123456789abcdef0123456789abcdef', {}, 'ok'],
    ['an-auth-token-of-somebody', {}, 'failed'],
    ['an-auth-token-of-somebody', { TWILIO_API_URL: 'https://sms.example.com' }, 'ok'],
  ])('the form of the Twilio token %s with %j: %s', async (token, others, outcome) => {
    const { found, of } = await findings({
      TWILIO_ACCOUNT_SID: `AC${'0'.repeat(32)}`,
      TWILIO_AUTH_TOKEN: token,
      TWILIO_FROM: '+15005550006',
      ...others,
    });
    expect(of('text messages')).toMatchObject([{ outcome }]);
    expect(JSON.stringify(found)).not.toContain(token);
  });

  test('a public URL that cannot be reached is only a warning', async () => {
    const { code, of } = await findings({ PUBLIC_URL: 'http://127.0.0.1:1' });
    expect(of('public URL')).toMatchObject([{ outcome: 'warning' }]);
    expect(code).toBe(0);
  });
});

describe('I4: a service that the server calls', () => {
  const service = { url: 'https://hibp.example', mayBeInsecure: false, mayBePrivate: false };
  const check = (changes: Partial<typeof service>, address: string | null) =>
    checkServices(
      {
        twilio: null,
        clientCertificates: null,
        breachedPasswords: { source: { name: 'online', ...service, ...changes }, whenUnreachable: 'refuse' },
      },
      async () => {
        if (address === null) throw new Error('ENOTFOUND');
        return [{ address: '8.8.8.8' }, { address }];
      },
    );

  test('fails if one of its addresses is private and PRIVATE_HOSTS does not list it', async () => {
    expect(await check({}, '10.0.0.1')).toMatchObject([
      { outcome: 'failed', fix: expect.stringContaining('add hibp.example to PRIVATE_HOSTS') },
    ]);
    expect(await check({ mayBePrivate: true }, '10.0.0.1')).toMatchObject([{ outcome: 'ok' }]);
    expect(await check({}, '8.8.4.4')).toMatchObject([{ outcome: 'ok' }]);
    expect(await check({}, null)).toMatchObject([{ outcome: 'warning' }]);
  });
});

describe('the files of certificates', () => {
  test('that cannot be used fail, and so does a revocation list that is overdue', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'stepgate-doctor-'));
    const path = (name: string): string => join(folder.path, name);
    const authority = await Authority.create('Authority');
    const server = await authority.issue({ purposes: [SERVER_AUTH] });
    await writeFile(path('server.pem'), server.cert);
    await writeFile(path('server.key'), server.key);
    await writeFile(path('ca.pem'), authority.pem);
    await writeFile(path('crl.pem'), await authority.list([]));
    const files = {
      TLS_CERT: path('server.pem'),
      TLS_KEY: path('server.key'),
      CLIENT_CA: path('ca.pem'),
      CLIENT_CRL: path('crl.pem'),
    };
    const check = async () => (await findings(files)).of('certificates')[0];
    expect(await check()).toMatchObject({ outcome: 'ok' });
    await writeFile(path('crl.pem'), await authority.list([], [-9, -1]));
    expect(await check()).toMatchObject({ outcome: 'failed', message: expect.stringContaining('was due') });
    await writeFile(path('ca.pem'), server.cert);
    expect(await check()).toMatchObject({ outcome: 'failed', message: expect.stringContaining('CLIENT_CA') });
    await writeFile(path('ca.pem'), authority.pem);
    await rm(path('crl.pem'));
    expect(await check()).toMatchObject({ outcome: 'failed' });
  });
});

async function scratch(): Promise<{ readonly url: string } & AsyncDisposable> {
  const { url, drop } = await testDatabase();
  return { url, [Symbol.asyncDispose]: drop };
}

test('a SAML provider whose last certificate expires soon is a warning, until the next one is pinned', async () => {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'stepgate-doctor-'));
  const file = join(folder.path, 'providers.json');
  const [soon, later] = [await newSigningKey({ days: 20 }), await newSigningKey({ days: 400 })];
  const check = async (...keys: (typeof soon)[]) => {
    const saml = {
      entityId: 'https://idp.example.com',
      ssoUrl: 'https://idp.example.com/sso',
      certificates: keys.map(({ certificate }) => certificate),
    };
    const providers = [{ id: 'work', name: 'Work', saml }];
    await writeFile(file, JSON.stringify({ returnUrls: ['https://app.example.com/in'], providers }));
    return (await findings({ PROVIDERS_FILE: file })).of('SAML certificates')[0];
  };
  expect(await check(soon)).toMatchObject({ outcome: 'warning', message: expect.stringContaining('work') });
  expect(await check(soon, later)).toMatchObject({ outcome: 'ok' });
});

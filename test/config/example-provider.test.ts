// The example provider is offered in development only, and by itself only where nobody else can be meant.
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { ConfigError, readConfig } from '../../src/config/config.ts';
import { EXAMPLE_CLIENT } from '../../src/config/example-provider.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-example-'));
const file = (name: string, content: object): string => {
  const path = join(folder, name);
  writeFileSync(path, JSON.stringify(content));
  return path;
};

const OWN = {
  id: 'work',
  name: 'Work',
  issuer: 'https://login.example.com',
  clientId: 'id',
  clientSecret: { env: 'SECRET' },
};
const PROVIDERS_FILE = file('own.json', { returnUrls: ['https://app.example.com/in'], providers: [OWN] });
const SECRET = 'a secret of our own';
const PRODUCTION = {
  NODE_ENV: 'production',
  DATABASE_URL: 'postgres://localhost/stepgate',
  PUBLIC_URL: 'https://auth.example.com',
  SECRET_KEYS: Buffer.alloc(32, 'own').toString('base64'),
  SMTP_URL: 'smtp://localhost',
  MAIL_FROM: 'auth@example.com',
};

type Variables = Readonly<Record<string, string>>;

const idsIn = (variables: Variables): string[] =>
  readConfig(variables).providers.providers.map(({ id }) => id);

function mistakesIn(variables: Variables): readonly string[] {
  try {
    readConfig(variables);
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('in development without providers of its own, a server offers it, with its callback page as return URL', () => {
  for (const variables of [{}, { NODE_ENV: 'development' }]) {
    const { providers, returnUrls } = readConfig(variables).providers;
    expect(providers).toMatchObject([
      { id: 'example', isExample: true, source: { is: 'ISSUER', issuer: 'http://localhost:4200' } },
    ]);
    expect(returnUrls).toEqual(['http://localhost:4000/dev/answer']);
  }
  expect(readConfig({ PUBLIC_URL: 'http://127.0.0.1:4000' }).providers.returnUrls).toEqual([
    'http://127.0.0.1:4000/dev/answer',
  ]);
});

test.each<[string, Variables]>([
  ['in production', PRODUCTION],
  ['in tests', { NODE_ENV: 'test' }],
  ['when it is switched off', { EXAMPLE_PROVIDER: 'off' }],
  ['in production that says so', { ...PRODUCTION, EXAMPLE_PROVIDER: 'off' }],
  // Whoever comes there has no provider on their own machine.
  ['at a public address', { PUBLIC_URL: 'https://auth.example.com' }],
])('%s, it is not offered', (_where, variables) => {
  expect(idsIn(variables)).toEqual([]);
});

test('with a file of providers, it is not offered', () => {
  expect(idsIn({ PROVIDERS_FILE, SECRET })).toEqual(['work']);
  expect(idsIn({ PROVIDERS_FILE, SECRET, EXAMPLE_PROVIDER: 'off' })).toEqual(['work']);
});

test('it runs where EXAMPLE_PROVIDER says', () => {
  const { providers } = readConfig({ NODE_ENV: 'test', EXAMPLE_PROVIDER: 'http://127.0.0.1:5000' }).providers;
  expect(providers).toMatchObject([{ source: { issuer: 'http://127.0.0.1:5000' } }]);
});

test.each([
  'https://login.example.com',
  'http://login.example.com',
  'http://192.168.0.1:4200',
  'http://localhost.example.com',
  'http://localhost:4200/',
  'http://localhost:4200/path',
  'http://user@localhost:4200',
  'https://localhost:4200',
  'file:///localhost',
  'on',
])('an EXAMPLE_PROVIDER that is not an origin of this machine is refused: %s', (EXAMPLE_PROVIDER) => {
  expect(mistakesIn({ EXAMPLE_PROVIDER })).toEqual([
    'EXAMPLE_PROVIDER must be off, or an http:// origin on this machine, for example http://localhost:4200.',
  ]);
});

describe('production', () => {
  test('does not start with it', () => {
    const mistakes = mistakesIn({ ...PRODUCTION, EXAMPLE_PROVIDER: 'http://localhost:4200' });
    expect(mistakes).toEqual([expect.stringMatching(/^EXAMPLE_PROVIDER must not be set in production/)]);
  });

  test('does not start with a provider that has its public secret, wherever the secret comes from', () => {
    const secretFile = join(folder, 'secret');
    writeFileSync(secretFile, `${EXAMPLE_CLIENT.secret}\n`);
    const fromFile = file('from-file.json', {
      returnUrls: ['https://app.example.com/in'],
      providers: [{ ...OWN, clientSecret: { file: secretFile } }],
    });
    const found = [
      mistakesIn({ ...PRODUCTION, PROVIDERS_FILE, SECRET: EXAMPLE_CLIENT.secret }),
      mistakesIn({ ...PRODUCTION, PROVIDERS_FILE: fromFile }),
    ];
    for (const mistakes of found) {
      expect(mistakes).toEqual([
        'PROVIDERS_FILE, providers.0.clientSecret: This is the secret of the example provider, which is public. Use a provider of your own.',
      ]);
    }
    expect(mistakesIn({ ...PRODUCTION, PROVIDERS_FILE, SECRET })).toEqual([]);
  });
});

test('it and a file of providers exclude each other', () => {
  expect(mistakesIn({ PROVIDERS_FILE, SECRET, EXAMPLE_PROVIDER: 'http://localhost:4200' })).toEqual([
    'PROVIDERS_FILE and EXAMPLE_PROVIDER exclude each other. Set one of them.',
  ]);
});

test('in a file of providers, it is known by its secret', () => {
  const clientSecret = EXAMPLE_CLIENT.secret;
  const listed = file('listed.json', {
    returnUrls: ['http://localhost:3000/in'],
    providers: [{ ...OWN, clientSecret }],
  });
  expect(readConfig({ PROVIDERS_FILE: listed }).providers.providers).toMatchObject([{ isExample: true }]);
});

// The file of identity providers: what is wrong with it refuses the start, and no mistake repeats a value.
import { mkdtempSync, readFileSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { type Config, ConfigError, readConfig } from '../../src/config/config.ts';
import { PRESETS } from '../../src/config/provider-settings.ts';
import { newSigningKey, type SigningKey } from '../harness/saml-provider.ts';

const folder = mkdtempSync(join(tmpdir(), 'stepgate-providers-'));
let files = 0;

function write(content: unknown): string {
  files += 1;
  const path = join(folder, `${files}.json`);
  writeFileSync(path, typeof content === 'string' ? content : JSON.stringify(content));
  return path;
}

const RETURN = ['https://app.example.com/in'];
const GOOGLE = { id: 'google', preset: 'google', clientId: 'id', clientSecret: { env: 'GOOGLE_SECRET' } };
const ISSUER = {
  id: 'work',
  name: 'Work',
  issuer: 'https://login.example.com',
  clientId: 'id',
  clientSecret: 'inline-secret',
};
const APPLE = {
  id: 'apple',
  preset: 'apple',
  clientId: 'id',
  teamId: 'TEAM',
  keyId: 'KEY',
  privateKey: { file: write('a key') },
};
const SECRETS = { GOOGLE_SECRET: 'a-google-secret' };

const SSO = 'https://idp.example.com/sso?idpid=1';
/** Metadata of a SAML provider. */
const described = (...certificates: string[]): string => {
  const keys = certificates.map(
    (one) =>
      `<KeyDescriptor><ds:KeyInfo xmlns:ds="http://www.w3.org/2000/09/xmldsig#"><ds:X509Data><ds:X509Certificate>${one.replaceAll(/-----[^-]+-----/g, '')}</ds:X509Certificate></ds:X509Data></ds:KeyInfo></KeyDescriptor>`,
  );
  return `<?xml version="1.0" encoding="UTF-8"?>
    <!-- A comment, as Shibboleth writes it -->
    <EntityDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata" entityID="https://idp.example.com">
      <IDPSSODescriptor protocolSupportEnumeration="urn:oasis:names:tc:SAML:2.0:protocol">
        ${keys.join('')}
        <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-POST" Location="https://idp.example.com/post"/>
        <SingleSignOnService Binding="urn:oasis:names:tc:SAML:2.0:bindings:HTTP-Redirect" Location="${SSO}"/>
      </IDPSSODescriptor>
    </EntityDescriptor>`;
};

const read = (
  providers: unknown,
  more: object = {},
  environment: Record<string, string> = {},
): Config['providers'] =>
  readConfig({
    ...SECRETS,
    ...environment,
    PROVIDERS_FILE: write({ returnUrls: RETURN, providers, ...more }),
  }).providers;

function mistakes(work: () => unknown): readonly string[] {
  try {
    work();
  } catch (error) {
    if (error instanceof ConfigError) return error.mistakes;
    throw error;
  }
  return [];
}

test('docs/providers.md shows entries that are valid as they are, in at most ten lines for each preset and for SAML', async () => {
  const metadata = described((await newSigningKey()).certificate);
  const page = readFileSync(new URL('../../docs/providers.md', import.meta.url), 'utf8');
  const blocks = [...page.matchAll(/^```json\n(.*?)^```$/gms)].map(([, text = '']) => text);
  const entries = blocks.filter((text) => !text.includes('returnUrls'));
  const environment = Object.fromEntries(
    [...page.matchAll(/"env": "(\w+)"/g)].map(([, name = '']) => [name, 'secret']),
  );
  const presets = entries.map((text) => {
    const entry = JSON.parse(
      text
        .replaceAll(/"\/run\/secrets\/[^"]+"/g, JSON.stringify(write('secret')))
        .replaceAll(/"\/etc\/stepgate\/[^"]+"/g, JSON.stringify(write(metadata))),
    );
    expect(read([entry], {}, environment).providers).toHaveLength(1);
    if (entry.preset || entry.saml) expect(text.trimEnd().split('\n').length).toBeLessThanOrEqual(10);
    return entry.saml ? 'saml' : entry.preset;
  });
  for (const preset of [...PRESETS, 'saml']) expect(presets).toContain(preset);
});

test('presets, issuers and endpoints are read, with secrets from the environment and from files', () => {
  const endpoints = {
    authorization: 'https://forge.example.com/a',
    token: 'https://forge.example.com/t',
    userinfo: 'https://forge.example.com/u',
    subject: 'id',
  };
  const forge = { ...ISSUER, id: 'forge', endpoints };
  const { providers } = read([GOOGLE, ISSUER, APPLE, forge]);
  const found = providers.filter((one) => one.protocol === 'OAUTH');
  expect(found.map(({ id, name, secret, source }) => [id, name, secret, source.is])).toEqual([
    ['google', 'Google', { is: 'TEXT', text: 'a-google-secret' }, 'PRESET'],
    ['work', 'Work', { is: 'TEXT', text: 'inline-secret' }, 'ISSUER'],
    ['apple', 'Apple', { is: 'APPLE_KEY', teamId: 'TEAM', keyId: 'KEY', privateKey: 'a key' }, 'PRESET'],
    ['forge', 'Work', { is: 'TEXT', text: 'inline-secret' }, 'ENDPOINTS'],
  ]);
  expect(providers[0]).toMatchObject({
    tenant: null,
    addresses: 'PRESET',
    signUp: 'ADDRESS',
    secondFactor: null,
    isExample: false,
    mayBePrivate: false,
  });
});

describe('refuses the start', () => {
  const REDIRECT = 'https://app.example.com/cb';
  test.each<[string, object, string]>([
    ['an unknown key', { ...GOOGLE, clientID: 'x' }, 'providers.0: Unrecognized key: "clientID"'],
    ['an unknown preset', { ...GOOGLE, preset: 'myspace' }, 'providers.0.preset'],
    [
      'neither a preset nor an issuer',
      { id: 'a', name: 'A', clientId: 'x', clientSecret: 'y' },
      'providers.0.preset: Give a preset, an issuer or `saml`.',
    ],
    [
      'an issuer for a preset that has none',
      { ...GOOGLE, issuer: 'https://x.example' },
      'providers.0.issuer',
    ],
    ['an id that is no slug', { ...GOOGLE, id: 'Google!' }, 'providers.0.id'],
    ['an issuer without a name', { ...ISSUER, name: undefined }, 'providers.0.name'],
    [
      'a secret that is missing',
      { ...GOOGLE, clientSecret: { env: 'NOWHERE' } },
      'providers.0.clientSecret: The secret is empty',
    ],
    [
      'no secret',
      { ...GOOGLE, clientSecret: undefined },
      'providers.0.clientSecret: Give the client secret.',
    ],
    ['Microsoft without a directory', { ...GOOGLE, preset: 'microsoft' }, 'providers.0.directory'],
    [
      'Microsoft for every directory',
      { ...GOOGLE, preset: 'microsoft', directory: 'common' },
      'providers.0.directory',
    ],
    ['Apple without its key', { ...APPLE, privateKey: undefined }, 'providers.0.privateKey'],
    ['a second factor by nothing', { ...ISSUER, secondFactor: {} }, 'providers.0.secondFactor'],
    [
      'endpoints that say nobody',
      { ...ISSUER, endpoints: { authorization: REDIRECT, token: REDIRECT } },
      'providers.0.endpoints',
    ],
    [
      'a redirect URI with a query',
      { ...ISSUER, redirectUris: [`${REDIRECT}?a=b`] },
      'providers.0.redirectUris.0',
    ],
    ['a URL of another kind', { ...ISSUER, issuer: 'javascript:alert(1)' }, 'providers.0.issuer'],
  ])('%s', (_what, provider, mistake) => {
    const found = mistakes(() => read([provider]));
    expect(found.join()).toContain(`PROVIDERS_FILE, ${mistake}`);
    expect(found.join()).not.toMatch(/a-google-secret|inline-secret|myspace|javascript/);
  });

  test('a repeated id, and a redirect URI that two providers share', () => {
    expect(mistakes(() => read([GOOGLE, GOOGLE])).join()).toContain('Another provider has this id.');
    const shared = { redirectUris: ['https://app.example.com/cb'] };
    const found = mistakes(() =>
      read([
        { ...GOOGLE, ...shared },
        { ...ISSUER, ...shared },
      ]),
    );
    expect(found.join()).toContain('Each provider needs redirect URIs of its own.');
  });

  test('providers whose answers nobody could receive', () => {
    expect(mistakes(() => read([GOOGLE], { returnUrls: [] })).join()).toContain('List a redirect URI here');
  });

  test('a file that is missing or not JSON', () => {
    expect(mistakes(() => readConfig({ PROVIDERS_FILE: '/nowhere' }))).toEqual([
      'PROVIDERS_FILE names a file that cannot be read.',
    ]);
    expect(mistakes(() => readConfig({ PROVIDERS_FILE: write('{') }))).toEqual([
      'PROVIDERS_FILE is not valid JSON.',
    ]);
  });

  test('in production: a secret in the file, and addresses without HTTPS', () => {
    const production = {
      NODE_ENV: 'production',
      DATABASE_URL: 'postgres://stepgate:pw@db.internal:5432/stepgate',
      PUBLIC_URL: 'https://auth.example.com',
      SECRET_KEYS: Buffer.alloc(32, 7).toString('base64'),
      SMTP_URL: 'smtp://user:pw@mail.example.com:587',
      MAIL_FROM: 'Example <auth@example.com>',
    };
    const found = mistakes(() =>
      read(
        [{ ...ISSUER, issuer: 'http://login.example.com', redirectUris: ['http://app.example.com/cb'] }],
        { returnUrls: ['http://app.example.com/'] },
        production,
      ),
    );
    expect(found).toHaveLength(4);
    expect(read([GOOGLE], {}, production).providers).toHaveLength(1);
  });
});

describe('SAML', () => {
  let key: SigningKey;
  let small: string;
  let saml: object;
  beforeAll(async () => {
    key = await newSigningKey();
    small = (await newSigningKey({ bits: 1024 })).certificate;
    saml = { entityId: 'https://idp.example.com', ssoUrl: SSO, certificates: [key.certificate] };
  });
  const entry = (terms: object, more: object = {}) => ({ id: 'saml', name: 'SAML', saml: terms, ...more });
  const wrong = (terms: object, more: object = {}): string =>
    mistakes(() => read([entry({ ...saml, ...terms }, more)])).join('\n');
  test('metadata, and the same written out, are read alike; certificates come from text and files', async () => {
    const next = await newSigningKey();
    const [ofMetadata] = read([
      entry({ metadata: write(described(key.certificate, next.certificate)) }),
    ]).providers;
    const bare = next.certificate.replaceAll(/-----[^-]+-----/g, '');
    for (const certificates of [
      [key.certificate, { file: write(next.certificate) }],
      [{ file: write(`${key.certificate}\n${next.certificate}`) }],
      [key.certificate, bare],
    ]) {
      const [written] = read([entry({ ...saml, certificates })]).providers;
      expect(written).toEqual(ofMetadata);
    }
    expect(ofMetadata).toMatchObject({
      protocol: 'SAML',
      addresses: 'PRESET',
      signUp: 'ADDRESS',
      terms: { entityId: 'https://idp.example.com', ssoUrl: SSO, nameIdFormat: 'persistent', signing: null },
    });
  });

  test.each<[string, (metadata: string) => string, string]>([
    ['a document type', (xml) => `<!DOCTYPE x>${xml.slice(xml.indexOf('<Entity'))}`, 'a document type'],
    [
      'a list of providers',
      (xml) =>
        `<EntitiesDescriptor xmlns="urn:oasis:names:tc:SAML:2.0:metadata">${xml.slice(xml.indexOf('<Entity'))}</EntitiesDescriptor>`,
      'must be one EntityDescriptor',
    ],
    ['a service provider', (xml) => xml.replaceAll('IDPSSO', 'SPSSO'), 'must have one IDPSSODescriptor'],
    ['no redirect binding', (xml) => xml.replace('HTTP-Redirect', 'HTTP-Artifact'), 'no SingleSignOnService'],
    [
      'no certificate',
      (xml) => xml.replace(/<KeyDescriptor>.*<\/KeyDescriptor>/s, ''),
      'A certificate is missing',
    ],
    [
      'a key for encryption only',
      (xml) => xml.replace('<KeyDescriptor>', '<KeyDescriptor use="encryption">'),
      'A certificate is missing',
    ],
    ['no name', (xml) => xml.replace(/ entityID="[^"]*"/, ''), 'an entityID'],
    ['nothing', () => '', 'cannot be read'],
    ['a web page', () => '<html>', 'cannot be read'],
  ])('metadata with %s', (_what, change, mistake) => {
    const found = mistakes(() => read([entry({ metadata: write(change(described(key.certificate))) })]));
    expect(found.join()).toContain('PROVIDERS_FILE, providers.0.saml.metadata: ');
    expect(found.join()).toContain(mistake);
  });

  test('terms that are incomplete, contradictory or weak', async () => {
    expect(wrong({ metadata: 'x' })).toContain('Give the path of the provider’s `metadata`; or');
    expect(wrong({ ssoUrl: undefined })).toContain('Give the path of the provider’s `metadata`; or');
    expect(wrong({ certificates: ['not a certificate'] })).toContain(
      'saml.certificates: A certificate is missing',
    );
    expect(wrong({ certificates: [small] })).toContain('RSA key of at least 2048 bits');
    expect(wrong({ nameIdFormat: 'transient' })).toContain('saml.nameIdFormat');
    expect(wrong({ emailDomains: ['@Example.com'] })).toContain('Write the domain in lower case');
    expect(wrong({ ssoUrl: 'javascript:alert(1)' })).toContain('Give an absolute URL');
    const other = await newSigningKey();
    const signing = { privateKey: { file: write(other.privateKey) }, certificate: key.certificate };
    expect(wrong({ signing })).toContain('belongs to another private key');
    expect(wrong({ signing: { ...signing, privateKey: { file: write('no key') } } })).toContain(
      'cannot be read',
    );
  });

  test('keys that other providers have', () => {
    const more = { clientId: 'x', issuer: 'https://x.example', scopes: ['a'], preset: 'google' };
    for (const [name, value] of Object.entries(more))
      expect(wrong({}, { [name]: value })).toContain(
        `providers.0.${name}: A provider with \`saml\` has no such key`,
      );
    expect(wrong({}, { addresses: 'email_verified' })).toContain('saml.emailDomains');
    expect(wrong({}, { redirectUris: ['https://app.example.com/cb'] })).toContain('callback of this server');
    expect(wrong({}, { name: undefined })).toContain('Give the name that users see.');
  });

  test('an entity id that two providers of a tenant share', () => {
    const two = (one: object, other: object) =>
      mistakes(() =>
        read([
          { ...entry(saml), ...one },
          { ...entry(saml), id: 'b', ...other },
        ]),
      ).join();
    const shared = 'providers.1.saml: Another provider has this entity id.';
    expect(two({}, {})).toContain(shared);
    expect(two({ tenant: 'acme' }, {})).toContain(shared);
    expect(two({ tenant: 'acme' }, { tenant: 'other' })).toBe('');
  });
});

// Where a tenant lists the models that it accepts, a new passkey must be attested by a trusted maker as one of them.
import { X509Certificate } from 'node:crypto';
import { rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { readConfig } from '../../../src/config/config.ts';
import { isTrusted } from '../../../src/factors/passkey/attestation.ts';
import { PasskeyMetadataError, readMakers } from '../../../src/factors/passkey/metadata.ts';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { TestClient } from '../../harness/client.ts';
import { creationOf, enrollPasskey } from '../../harness/passkeys.ts';
import { type Maker, makerOf, SoftwareAuthenticator } from '../../harness/software-authenticator.ts';
import { query } from '../../harness/sql.ts';

const ORIGIN = 'http://localhost:4000';
const ACCEPTED = '2fc0579f-8113-47ea-b116-bb5a8db9202a';
const KNOWN = 'ee882879-721c-4913-9775-3dfcce97072a';
const path = join(tmpdir(), `stepgate-metadata-${process.pid}.json`);

let app: TestApp;
let client: TestClient;
let maker: Maker;
let other: Maker;
beforeAll(async () => {
  maker = await makerOf(ACCEPTED);
  other = await makerOf(ACCEPTED);
  const roots = [new X509Certificate(maker.rootCertificate).raw.toString('base64')];
  const statements = [ACCEPTED, KNOWN].map((aaguid) => ({
    metadataStatement: { aaguid, description: 'A key', attestationRootCertificates: roots },
  }));
  await writeFile(path, JSON.stringify({ no: 1, entries: [{ aaid: '4e4e#4005' }, ...statements] }));
  app = await startTestApp({ PASSKEY_METADATA: path });
  client = new TestClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await rm(path, { force: true });
});

async function demand(models: string | null): Promise<void> {
  await query(app.databaseUrl, 'update tenant set passkey_models = $1', [models]);
}

describe('a tenant that lists models', () => {
  beforeAll(() => demand(JSON.stringify([ACCEPTED])));
  afterAll(() => demand(null));

  async function enroll(saying: object, forgery: object = {}) {
    const { accessToken } = await client.signUp();
    const started = await client.startEnrollment({ factor: 'PASSKEY' }, accessToken);
    expect(creationOf(started).attestation).toBe('direct');
    const key = new SoftwareAuthenticator({ origin: ORIGIN, aaguid: ACCEPTED, ...saying });
    const passkey = key.create(creationOf(started), forgery);
    return client.attempt(started.id, { passkey }, accessToken);
  }

  test('takes a listed model that its maker attests', async () => {
    expect(await enroll({ attestation: maker.attestation })).toMatchObject({ status: 'COMPLETE' });
  });

  test('takes no passkey without attestation, nor one that attests itself', async () => {
    for (const attestation of ['none', 'self'])
      expect(await enroll({ attestation })).toMatchObject({ code: 'PROOF_REJECTED' });
  });

  test('takes no passkey of a maker that is not trusted', async () => {
    expect(await enroll({ attestation: other.attestation })).toMatchObject({ code: 'PROOF_REJECTED' });
  });

  test('takes no known model that it does not list, nor one under the name of another', async () => {
    const known = await makerOf(KNOWN);
    expect(await enroll({ aaguid: KNOWN, attestation: maker.attestation })).toMatchObject({
      code: 'PROOF_REJECTED',
    });
    expect(await enroll({ aaguid: KNOWN, attestation: known.attestation })).toMatchObject({
      code: 'PROOF_REJECTED',
    });
  });

  test('takes no attestation that another key has signed', async () => {
    const stranger = new SoftwareAuthenticator({ origin: ORIGIN });
    const { accessToken } = await client.signUp();
    await demand(null);
    await enrollPasskey(client, accessToken, stranger);
    await demand(JSON.stringify([ACCEPTED]));
    const signWith = stranger.passkeys[0]?.privateKey;
    expect(await enroll({ attestation: maker.attestation }, { signWith })).toMatchObject({
      code: 'PROOF_REJECTED',
    });
  });
});

test('a certificate that has expired is not trusted', async () => {
  const makers = await readMakers(path);
  const chain = maker.attestation.certificates;
  const now = new Date();
  expect(isTrusted(makers, ACCEPTED, chain, now)).toBe(true);
  expect(isTrusted(makers, ACCEPTED, chain, new Date(now.getTime() + 400 * 86_400_000))).toBe(false);
  expect(isTrusted(makers, ACCEPTED, [], now)).toBe(false);
  expect(isTrusted(makers, 'unknown', chain, now)).toBe(false);
});

describe('the file of metadata', () => {
  test.each([
    ['that is missing', null],
    ['that is not JSON', '{'],
    ['without statements', '[]'],
    ['of statements without a model', '[{"aaid": "4e4e#4005"}]'],
    [
      'with a certificate that is none',
      JSON.stringify([{ aaguid: ACCEPTED, attestationRootCertificates: ['AAAA'] }]),
    ],
  ])('%s stops the start', async (_name, content) => {
    const wrong = join(tmpdir(), `stepgate-metadata-wrong-${process.pid}.json`);
    if (content !== null) await writeFile(wrong, content);
    await expect(readMakers(wrong)).rejects.toThrow(PasskeyMetadataError);
    await rm(wrong, { force: true });
  });
});

describe('the origins and the RP ID', () => {
  const settings = (environment: Record<string, string>) => readConfig(environment).passkeys;

  test('follow PUBLIC_URL, and both can be configured', () => {
    const PUBLIC_URL = 'https://auth.example.com';
    expect(settings({ PUBLIC_URL })).toEqual({ rpId: 'auth.example.com', origins: [PUBLIC_URL] });
    expect(
      settings({
        PUBLIC_URL,
        PASSKEY_RP_ID: 'example.com',
        PASSKEY_ORIGINS: 'https://app.example.com, https://example.org',
      }),
    ).toEqual({
      rpId: 'example.com',
      origins: [PUBLIC_URL, 'https://app.example.com', 'https://example.org'],
    });
  });

  test('are none for an address or an unencrypted host, where browsers offer no passkeys', () => {
    expect(settings({ PUBLIC_URL: 'http://192.168.1.10:4000' })).toBeNull();
    expect(settings({ PUBLIC_URL: 'http://[::1]:4000' })).toBeNull();
    expect(settings({ PUBLIC_URL: 'http://auth.internal' })).toBeNull();
  });

  test.each([
    [
      'an origin without TLS',
      { PASSKEY_ORIGINS: 'http://app.example.com' },
      'PASSKEY_ORIGINS must start with https://',
    ],
    ['an origin with a path', { PASSKEY_ORIGINS: 'https://app.example.com/x' }, 'PASSKEY_ORIGINS must be'],
    ['the RP ID of a stranger', { PASSKEY_RP_ID: 'example.org' }, 'PASSKEY_RP_ID must be the host'],
    ['a part of a label as the RP ID', { PASSKEY_RP_ID: 'ample.com' }, 'PASSKEY_RP_ID must be the host'],
    ['a top-level domain as the RP ID', { PASSKEY_RP_ID: 'com' }, 'PASSKEY_RP_ID must be a domain'],
    ['an address as the RP ID', { PASSKEY_RP_ID: '127.0.0.1' }, 'PASSKEY_RP_ID must be a domain'],
  ])('are refused with %s', (_name, environment, message) => {
    expect(() => readConfig({ PUBLIC_URL: 'https://auth.example.com', ...environment })).toThrow(message);
  });
});

// L2: when the address that a provider claims counts as verified. Each preset has its own rule.
import { generateKeyPairSync } from 'node:crypto';
import { decodeProtectedHeader, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import type { PresetName } from '../../../src/config/provider-settings.ts';
import { trustedMailbox } from '../../../src/factors/oauth/address-rules.ts';
import { clientAuthentication } from '../../../src/factors/oauth/client-secret.ts';
import { shapeOf } from '../../../src/factors/oauth/presets.ts';

const ruleOf = (preset: PresetName) =>
  shapeOf({ is: 'PRESET', preset, issuer: null, directory: '00000000-0000-0000-0000-000000000000' })
    .addressRule;

const trusts = (
  preset: PresetName,
  claims: object,
  trust: 'PRESET' | 'EMAIL_VERIFIED' | 'NEVER' = 'PRESET',
) => trustedMailbox({ ...claims }, ruleOf(preset), trust)?.address ?? null;

describe('L2: an address counts as verified by the rule of the provider only', () => {
  const jane = 'jane@example.com';
  test.each<[PresetName, object, boolean]>([
    ['google', { email: 'jane@gmail.com', email_verified: true }, true],
    ['google', { email: jane, email_verified: true, hd: 'example.com' }, true],
    ['google', { email: jane, email_verified: true }, false],
    ['google', { email: jane, email_verified: true, hd: '' }, false],
    ['google', { email: 'jane@gmail.com.evil.example', email_verified: true }, false],
    ['google', { email: 'jane@notgmail.com', email_verified: true }, false],
    ['google', { email: 'jane@gmail.com', email_verified: false }, false],
    ['google', { email: 'jane@gmail.com' }, false],
    ['microsoft', { email: jane, xms_edov: true }, true],
    ['microsoft', { email: jane, xms_edov: '1' }, true],
    ['microsoft', { email: jane, xms_edov: false }, false],
    ['microsoft', { email: jane, xms_edov: '0' }, false],
    ['microsoft', { email: jane, email_verified: true }, false],
    ['microsoft', { email: jane, preferred_username: jane, upn: jane }, false],
    ['github', { email: jane, email_verified: true }, true],
    ['github', { email: jane, email_verified: 'true' }, false],
    ['github', { email: jane }, false],
    ['apple', { email: jane, email_verified: true }, false],
    ['gitlab', { email: jane, email_verified: true }, false],
  ])('%s: %j is %s', (preset, claims, counts) => {
    const { email } = claims as { email: string };
    expect(trusts(preset, claims)).toBe(counts ? email : null);
    expect(trusts(preset, claims, 'NEVER')).toBeNull();
  });

  test('by configuration, `email_verified` counts, also as the text that Apple sends', () => {
    expect(trusts('apple', { email: jane, email_verified: 'true' }, 'EMAIL_VERIFIED')).toBe(jane);
    expect(trusts('gitlab', { email: jane, email_verified: true }, 'EMAIL_VERIFIED')).toBe(jane);
    for (const email_verified of [false, 'false', 1, undefined])
      expect(trusts('gitlab', { email: jane, email_verified }, 'EMAIL_VERIFIED')).toBeNull();
  });

  test('L7: it is normalised before it is compared, and an address with a look-alike is none', () => {
    expect(trusts('github', { email: 'Jane@EXAMPLE.com', email_verified: true })).toBe(jane);
    for (const email of ['jane＠example.com', 'jane@example。com', 'jane', '', 7, null])
      expect(trusts('github', { email, email_verified: true })).toBeNull();
  });
});

test('Apple’s client secret is a JWT that its key signs for a few minutes', async () => {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  const secret = { is: 'APPLE_KEY', teamId: 'TEAM', keyId: 'KEY', privateKey: pem } as const;
  const metadata = { issuer: 'https://appleid.apple.com' };
  const authenticate = await clientAuthentication(secret, 'com.example.web', metadata, new Date());
  const body = new URLSearchParams();
  authenticate(metadata, { client_id: 'com.example.web' }, body, new Headers());
  const token = body.get('client_secret') ?? '';
  expect(decodeProtectedHeader(token)).toMatchObject({ alg: 'ES256', kid: 'KEY' });
  const { payload } = await jwtVerify(token, publicKey, {
    issuer: 'TEAM',
    audience: 'https://appleid.apple.com',
    subject: 'com.example.web',
  });
  expect(Number(payload.exp) - Number(payload.iat)).toBe(300);
});

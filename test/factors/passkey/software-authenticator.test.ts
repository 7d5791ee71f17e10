// The software authenticator of the tests and the demo against the library that verifies passkeys, so that what tests forge
// with it differs from a valid response in one detail.
import {
  generateAuthenticationOptions,
  generateRegistrationOptions,
  SettingsService,
  verifyAuthenticationResponse,
  verifyRegistrationResponse,
} from '@simplewebauthn/server';
import { afterAll, describe, expect, test } from 'vitest';
import {
  makerOf,
  SoftwareAuthenticator,
  type SoftwarePasskey,
} from '../../harness/software-authenticator.ts';

const ORIGIN = 'http://localhost:4000';
const RP_ID = 'localhost';
const ALGORITHMS = [-8, -7, -257];

type Forgery = Parameters<SoftwareAuthenticator['get']>[1];

function creationOptions(options: Partial<Parameters<typeof generateRegistrationOptions>[0]> = {}) {
  return generateRegistrationOptions({
    rpName: 'Stepgate',
    rpID: RP_ID,
    userName: 'ada@example.com',
    userID: new TextEncoder().encode('user-1'),
    supportedAlgorithmIDs: ALGORITHMS,
    ...options,
  });
}

async function register(
  authenticator: SoftwareAuthenticator,
  options: Parameters<typeof creationOptions>[0] = {},
  forgery: Forgery = {},
) {
  const asked = await creationOptions(options);
  return verifyRegistrationResponse({
    response: authenticator.create(asked, forgery),
    expectedChallenge: asked.challenge,
    expectedOrigin: ORIGIN,
    expectedRPID: RP_ID,
    supportedAlgorithmIDs: ALGORITHMS,
  });
}

async function signIn(authenticator: SoftwareAuthenticator, forgery: Forgery = {}) {
  const options = await generateAuthenticationOptions({ rpID: RP_ID });
  const response = authenticator.get(options, forgery);
  const passkey = authenticator.passkeys.find(({ id }) => id === response.id) as SoftwarePasskey;
  return verifyAuthenticationResponse({
    response,
    expectedChallenge: options.challenge,
    expectedOrigin: ORIGIN,
    expectedRPID: RP_ID,
    credential: { id: passkey.id, publicKey: new Uint8Array(passkey.publicKey), counter: 0 },
  });
}

describe.each([
  ['ES256', -7],
  ['EdDSA', -8],
] as const)('the software authenticator with %s', (_name, algorithm) => {
  test('registers a passkey and signs in with it', async () => {
    const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
    const { verified, registrationInfo } = await register(authenticator, {}, { algorithm });
    expect(verified).toBe(true);
    expect(registrationInfo).toMatchObject({
      fmt: 'none',
      userVerified: true,
      credentialDeviceType: 'singleDevice',
      credential: { id: authenticator.passkeys[0]?.id, counter: 0, transports: ['internal'] },
    });
    expect(registrationInfo?.credential.publicKey).toEqual(authenticator.passkeys[0]?.publicKey);
    expect(await signIn(authenticator)).toMatchObject({
      verified: true,
      authenticationInfo: { newCounter: 1, userVerified: true, origin: ORIGIN },
    });
  });

  test('attests with the new key when it is asked to', async () => {
    const authenticator = new SoftwareAuthenticator({ origin: ORIGIN, attestation: 'self' });
    const asked = await register(authenticator, { attestationType: 'direct' }, { algorithm });
    expect(asked).toMatchObject({ verified: true, registrationInfo: { fmt: 'packed' } });
  });
});

describe('the software authenticator', () => {
  afterAll(() => SettingsService.setRootCertificates({ identifier: 'packed', certificates: [] }));

  test('attests with a certificate of its maker, and only its maker is trusted', async () => {
    const aaguid = 'aaaaaaaa-bbbb-4ccc-8ddd-eeeeeeeeeeee';
    const [maker, another] = await Promise.all([makerOf(aaguid), makerOf(aaguid)]);
    SettingsService.setRootCertificates({ identifier: 'packed', certificates: [maker.rootCertificate] });
    const made = ({ attestation }: typeof maker) =>
      new SoftwareAuthenticator({ origin: ORIGIN, aaguid, attestation });
    const attested = await register(made(maker), { attestationType: 'direct' });
    expect(attested).toMatchObject({ verified: true, registrationInfo: { fmt: 'packed', aaguid } });
    await expect(register(made(another), { attestationType: 'direct' })).rejects.toThrow();
    const otherModel = register(
      made(maker),
      { attestationType: 'direct' },
      { aaguid: aaguid.replace('a', 'f') },
    );
    await expect(otherModel).rejects.toThrow();
    expect(await register(made(maker))).toMatchObject({ registrationInfo: { fmt: 'none' } });
  });

  test('is registered once for each user, and finds its passkey by the list or by the site', async () => {
    const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
    await register(authenticator);
    const [{ id }] = authenticator.passkeys as [SoftwarePasskey];
    await expect(register(authenticator, { excludeCredentials: [{ id }] })).rejects.toThrow(
      'InvalidStateError',
    );
    await register(authenticator);
    const allowed = await generateAuthenticationOptions({ rpID: RP_ID, allowCredentials: [{ id }] });
    expect(authenticator.get(allowed).id).toBe(id);
    expect(authenticator.get({ ...allowed, allowCredentials: [] }).id).toBe(authenticator.passkeys[1]?.id);
    expect(() => authenticator.get({ ...allowed, allowCredentials: [], rpId: 'example.com' })).toThrow();
  });

  test('sets the flags and the user handle that it is told to', async () => {
    const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
    await register(authenticator, {}, { backupEligible: true });
    const { authenticationInfo } = await signIn(authenticator, { backupEligible: true, backedUp: true });
    expect(authenticationInfo).toMatchObject({
      credentialDeviceType: 'multiDevice',
      credentialBackedUp: true,
    });
    const options = await generateAuthenticationOptions({ rpID: RP_ID });
    expect(authenticator.get(options).response.userHandle).toBe(Buffer.from('user-1').toString('base64url'));
    expect(authenticator.get(options, { userHandle: null }).response.userHandle).toBeUndefined();
  });

  test.each<[string, Forgery]>([
    ['another origin', { origin: 'http://localhost:4001' }],
    ['another site', { rpId: 'example.com' }],
    ['another challenge', { challenge: 'AAAA' }],
    ['another type', { type: 'webauthn.create' }],
    ['no user verification', { userVerified: false }],
    ['nobody present', { userPresent: false }],
    ['a backup of what cannot have one', { backedUp: true }],
  ])('makes a response with %s, which the library refuses', async (_what, forgery) => {
    const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
    await register(authenticator);
    await expect(signIn(authenticator, forgery)).rejects.toThrow();
  });

  test('signs with another key, which the library refuses', async () => {
    const authenticator = new SoftwareAuthenticator({ origin: ORIGIN });
    await register(authenticator, {}, { algorithm: -7 });
    await register(authenticator, {}, { algorithm: -7 });
    const [passkey, other] = authenticator.passkeys as [SoftwarePasskey, SoftwarePasskey];
    expect(await signIn(authenticator, { passkey, signWith: other.privateKey })).toMatchObject({
      verified: false,
    });
  });
});

// Each system's export, turned into our record: what comes along, what is left behind, and who is refused.
import { createHash } from 'node:crypto';
import { hashSync } from 'bcrypt';
import { describe, expect, test } from 'vitest';
import { readForeignHash } from '../../src/factors/password/foreign/schemes.ts';
import { byOperator } from '../../src/persistence/audit.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { newcomer, type Terms } from '../../src/users/newcomer.ts';
import { readRecord, type UserRecord } from '../../src/users/record.ts';
import { RecordRefused } from '../../src/users/refusal.ts';
import { readFirebaseHashConfig } from '../../src/users/sources/firebase-hash-config.ts';
import { SOURCES, type SourceName } from '../../src/users/sources/list.ts';

const PASSWORD = 'correct horse';
const BCRYPT = hashSync(PASSWORD, 4);
const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** A record, with its address as it is compared. */
type ReadRecord = Omit<UserRecord, 'email'> & { readonly email: string | null };

function read(source: SourceName, entry: object, firebaseHash = null): ReadRecord | null {
  const given = SOURCES[source].read(entry, { format: 'json', firebaseHash });
  if (given === null) return null;
  const record = readRecord(given);
  return { ...record, email: record.email?.address ?? null };
}

const TERMS: Terms = {
  ring: new KeyRing([Buffer.alloc(32, 1)]),
  tenantId: 'default',
  trustUnverified: false,
  acceptFastHashes: false,
  withoutSecondFactors: false,
  phoneCountries: [],
  actor: byOperator('import-users'),
  now: new Date(),
};

/** The refusal of the user, or else the record. */
function refusal(source: SourceName, entry: object): object {
  try {
    const given = SOURCES[source].read(entry, { format: 'json', firebaseHash: null });
    if (given !== null) newcomer(readRecord({ ...given, emailVerified: true }), TERMS);
    return read(source, entry) ?? {};
  } catch (error) {
    if (error instanceof RecordRefused) return error.refusal;
    throw error;
  }
}

describe('Clerk', () => {
  const user = {
    id: 'user_2YDryYFVMM1W1plDDKz7Gzf4we6',
    first_name: 'Jane',
    last_name: '',
    username: 'jane',
    primary_email_address: 'Jane@example.com',
    primary_phone_number: '',
    verified_email_addresses: 'work@example.com|jane@example.com',
    unverified_email_addresses: '',
    verified_phone_numbers: '+14155552671|+14155552672',
    unverified_phone_numbers: '+14155552673',
    totp_secret: TOTP,
    password_digest: BCRYPT,
    password_hasher: 'bcrypt',
  };
  test('the primary address, the verified numbers, the app and the hash come along', () => {
    expect(read('clerk', user)).toMatchObject({
      id: null,
      externalId: user.id,
      name: 'Jane',
      email: 'jane@example.com',
      emailVerified: true,
      phones: [
        { number: { number: '+14155552671' }, secondFactor: false },
        { number: { number: '+14155552672' }, secondFactor: false },
      ],
      totp: [{ secret: TOTP }],
      passwordHash: BCRYPT,
    });
  });
  test('a primary address that is not among the verified ones is not verified', () => {
    expect(read('clerk', { ...user, verified_email_addresses: 'work@example.com' })?.emailVerified).toBe(
      false,
    );
  });
  test('without a primary address the first verified one is taken', () => {
    expect(read('clerk', { ...user, primary_email_address: '' })?.email).toBe('work@example.com');
  });
});

describe('Auth0', () => {
  test('a line of the export of password hashes', () => {
    const line = {
      _id: { $oid: '60425dc43519d90068f82973' },
      email: 'a@example.com',
      email_verified: false,
      passwordHash: BCRYPT,
    };
    expect(read('auth0', line)).toMatchObject({
      externalId: 'auth0|60425dc43519d90068f82973',
      emailVerified: false,
      passwordHash: BCRYPT,
    });
  });
  test('a line of a users export', () => {
    const line = {
      user_id: 'google-oauth2|1234',
      email: 'a@example.com',
      email_verified: true,
      name: 'a@example.com',
      given_name: 'Ann',
      family_name: 'Onym',
      phone_number: '+14155552671',
      phone_verified: true,
      created_at: '2024-05-06T07:08:09.000Z',
    };
    expect(read('auth0', line)).toMatchObject({
      externalId: 'google-oauth2|1234',
      name: 'Ann Onym',
      phones: [{ number: { number: '+14155552671' }, secondFactor: false }],
      createdAt: new Date('2024-05-06T07:08:09Z'),
    });
    expect(read('auth0', { ...line, phone_verified: false })?.phones).toEqual([]);
  });
  test('a user of its bulk import, with factors and a hash that is put together', () => {
    const value = createHash('sha256').update(`salt${PASSWORD}`).digest('hex');
    const record = read('auth0', {
      user_id: '42',
      email: 'a@example.com',
      email_verified: true,
      custom_password_hash: {
        algorithm: 'sha256',
        hash: { value, encoding: 'hex' },
        salt: { value: 'salt', position: 'prefix' },
      },
      mfa_factors: [
        { totp: { secret: TOTP } },
        { phone: { value: '+14155552671' } },
        { email: { value: 'x' } },
      ],
    });
    expect(record).toMatchObject({
      externalId: 'auth0|42',
      totp: [{ secret: TOTP }],
      phones: [{ secondFactor: true }],
    });
    const hash = readForeignHash(record?.passwordHash ?? '');
    expect([hash.isFast, hash.verify(PASSWORD)]).toEqual([true, true]);
  });
  test('a hash that cannot be put together is refused at its place', () => {
    const user = {
      email: 'a@example.com',
      custom_password_hash: { algorithm: 'rot13', hash: { value: 'canary' } },
    };
    expect(refusal('auth0', user)).toMatchObject({
      path: 'passwordHash',
      reason: expect.not.stringContaining('canary'),
    });
  });
});

describe('SuperTokens', () => {
  test('the method with the password is the one that counts, the apps come along', () => {
    const record = read('supertokens', {
      externalUserId: UUID,
      userMetadata: { first_name: 'Ann', last_name: 'Onym', plan: 'free' },
      totpDevices: [{ secretKey: TOTP, period: 30, skew: 1, deviceName: 'phone' }],
      loginMethods: [
        {
          recipeId: 'passwordless',
          phoneNumber: '+14155552671',
          isVerified: true,
          timeJoinedInMSSinceEpoch: 1741000000000,
        },
        { recipeId: 'thirdparty', email: 'other@example.com', isVerified: true, isPrimary: true },
        {
          recipeId: 'emailpassword',
          email: 'a@example.com',
          isVerified: true,
          passwordHash: BCRYPT,
          hashingAlgorithm: 'bcrypt',
          timeJoinedInMSSinceEpoch: 1740000000000,
        },
      ],
    });
    expect(record).toMatchObject({
      id: UUID,
      externalId: UUID,
      name: 'Ann Onym',
      email: 'a@example.com',
      phones: [{ number: { number: '+14155552671' } }],
      totp: [{ secret: TOTP, label: 'phone' }],
      createdAt: new Date(1740000000000),
    });
  });
  test('an app with another period is refused', () => {
    const user = {
      loginMethods: [{ email: 'a@example.com' }],
      totpDevices: [{ secretKey: TOTP, period: 60 }],
    };
    expect(refusal('supertokens', user)).toMatchObject({ path: 'totp.0.secret' });
  });
  test('a row says itself whether its address was verified', () => {
    const row = {
      user_id: UUID,
      email: 'a@example.com',
      password_hash: BCRYPT,
      time_joined: '1740000000000',
    };
    expect(read('supertokens', row)).toMatchObject({ id: UUID, emailVerified: false, passwordHash: BCRYPT });
    expect(read('supertokens', { ...row, is_verified: 't' })?.emailVerified).toBe(true);
  });
});

describe('Firebase', () => {
  const user = {
    localId: 'Qz1',
    email: 'a@example.com',
    emailVerified: true,
    passwordHash: 'aGFzaA==',
    salt: 'c2FsdA==',
  };
  test('a hash without the project’s parameters is refused, and says what is missing', () => {
    expect(refusal('firebase', user)).toMatchObject({
      reason: expect.stringContaining('--firebase-hash-config'),
    });
    const { passwordHash: _hash, ...without } = user;
    expect(refusal('firebase', without)).toMatchObject({ email: 'a@example.com', passwordHash: null });
  });
  test('an enrolled number is a second factor, also when its user signs in with it', () => {
    const { passwordHash: _hash, ...person } = user;
    const phones = (numbers: object) =>
      read('firebase', { ...person, ...numbers })?.phones.map((one) => [one.number.number, one.secondFactor]);
    expect(phones({ phoneNumber: '+14155552671' })).toEqual([['+14155552671', false]]);
    expect(phones({ phoneNumber: '+14155552671', mfaInfo: [{ phoneInfo: '+14155552671' }] })).toEqual([
      ['+14155552671', true],
    ]);
  });
  test.each([
    [
      'as the console shows it',
      'hash_config {\n  algorithm: SCRYPT,\n  base64_signer_key: c2lnbmVy,\n  base64_salt_separator: Bw==,\n  rounds: 8,\n  mem_cost: 14,\n}\n',
    ],
    [
      'as JSON',
      '{"algorithm":"SCRYPT","base64_signer_key":"c2lnbmVy","base64_salt_separator":"Bw==","rounds":8,"mem_cost":14}',
    ],
  ])('the parameters are read %s', (_how, text) => {
    expect(readFirebaseHashConfig(text)).toEqual({
      signerKey: 'c2lnbmVy',
      saltSeparator: 'Bw==',
      rounds: 8,
      memCost: 14,
    });
  });
  test('parameters that are not whole are refused with what is wrong, and without the key', () => {
    const text = 'algorithm: SCRYPT, base64_signer_key: c2VjcmV0, rounds: 8, mem_cost: 14';
    expect(() => readFirebaseHashConfig(text)).toThrow(/see base64_salt_separator/);
    expect(() => readFirebaseHashConfig(text.replace('SCRYPT', 'BCRYPT'))).toThrow(/see algorithm/);
  });
});

describe('Django', () => {
  const fields = {
    email: 'a@example.com',
    password: 'pbkdf2_sha256$1$salt$hash',
    is_active: true,
    first_name: 'Ann',
    last_name: 'Onym',
  };
  test('an address is never verified, and whatever is no user is passed over', () => {
    expect(read('django', { model: 'auth.user', pk: 7, fields })).toMatchObject({
      externalId: '7',
      name: 'Ann Onym',
      emailVerified: false,
    });
    expect(read('django', { model: 'accounts.person', pk: UUID, fields })?.externalId).toBe(UUID);
    expect(read('django', { model: 'auth.group', pk: 1, fields: { name: 'editors' } })).toBeNull();
    expect(read('django', { model: 'sessions.session', pk: 'x' })).toBeNull();
  });
  test('an unusable password is none', () => {
    expect(
      read('django', { model: 'auth.user', pk: 7, fields: { ...fields, password: '!unusable' } })
        ?.passwordHash,
    ).toBeNull();
  });
});

describe('Keycloak', () => {
  const otp = (credentialData: object) => ({
    id: UUID,
    email: 'a@example.com',
    emailVerified: true,
    enabled: true,
    credentials: [
      {
        type: 'otp',
        secretData: JSON.stringify({ value: 'twenty bytes of text' }),
        credentialData: JSON.stringify(credentialData),
      },
      { type: 'recovery-authn-codes', credentialData: '{}' },
    ],
  });
  const usual = { subType: 'totp', digits: 6, period: 30, algorithm: 'HmacSHA1' };
  test('the text of an app’s key becomes base32', () => {
    const [app] = read('keycloak', otp(usual))?.totp ?? [];
    expect(app?.secret).toBe('OR3WK3TUPEQGE6LUMVZSA33GEB2GK6DU');
  });
  test.each([{ digits: 8 }, { period: 60 }, { algorithm: 'HmacSHA256' }, { subType: 'hotp' }])(
    'an app with %j is refused',
    (other) => {
      expect(refusal('keycloak', otp({ ...usual, ...other }))).toMatchObject({ path: 'totp.0.secret' });
    },
  );
});

test.each<[SourceName, object]>([
  ['auth0', { email: 'a@example.com', blocked: true }],
  ['firebase', { email: 'a@example.com', disabled: true }],
  [
    'django',
    { model: 'auth.user', pk: 1, fields: { email: 'a@example.com', password: '', is_active: false } },
  ],
  ['better-auth', { email: 'a@example.com', banned: 't' }],
  ['keycloak', { email: 'a@example.com', enabled: false }],
])('%s: an account that is disabled there is refused', (source, entry) => {
  expect(refusal(source, entry)).toMatchObject({
    reason: expect.stringContaining('disabled where it comes from'),
  });
});

test('a date that is none is left out, and a name that is empty is none', () => {
  const user = {
    id: 'a',
    name: ' ',
    email: 'a@example.com',
    emailVerified: '1',
    createdAt: 'long ago',
    password: '',
  };
  expect(read('better-auth', user)).toMatchObject({
    name: null,
    createdAt: null,
    emailVerified: true,
    passwordHash: null,
  });
});

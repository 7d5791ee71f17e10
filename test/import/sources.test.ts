// How each system's export becomes a record: what is imported, what is not, and who is refused.
import { createHash, pbkdf2Sync } from 'node:crypto';
import { hashSync } from 'bcrypt';
import { describe, expect, test } from 'vitest';
import { readLegacyHash } from '../../src/factors/password/legacy-hash/schemes.ts';
import { RecordError } from '../../src/factors/record-error.ts';
import { newUser, type Terms } from '../../src/import/new-user.ts';
import { readFirebaseHashConfig } from '../../src/import/sources/firebase-hash-config.ts';
import { SOURCES, type SourceName } from '../../src/import/sources/list.ts';
import { readRecord, type UserRecord } from '../../src/import/user-record.ts';
import { byOperator } from '../../src/persistence/audit.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';

const PASSWORD = 'correct horse';
const BCRYPT = hashSync(PASSWORD, 4);
const UUID = '0f8fad5b-d9cb-469f-a165-70867728950e';
const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';

/** A record with its address in comparison form. */
/** A record with the fields of the factors. */
type WholeRecord = UserRecord & {
  readonly passwordHash: string | null;
  readonly totp: readonly { readonly secret: string | null }[];
};
type ReadRecord = Omit<WholeRecord, 'email'> & { readonly email: string | null };

const readWhole = (given: unknown) => readRecord(given) as WholeRecord;

function read(source: SourceName, entry: object, firebaseHash = null): ReadRecord | null {
  const given = SOURCES[source].read(entry, { format: 'json', firebaseHash });
  if (given === null) return null;
  const record = readWhole(given);
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

/** The refusal, or the record if there is none. */
function refusal(source: SourceName, entry: object): object {
  try {
    const given = SOURCES[source].read(entry, { format: 'json', firebaseHash: null });
    if (given !== null) newUser(readRecord({ ...given, emailVerified: true }), TERMS);
    return read(source, entry) ?? {};
  } catch (error) {
    if (error instanceof RecordError) return error.refusal;
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
  test('the primary address, the verified numbers, the app and the hash are imported', () => {
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
  test('a primary address outside the verified ones counts as unverified', () => {
    expect(read('clerk', { ...user, verified_email_addresses: 'work@example.com' })?.emailVerified).toBe(
      false,
    );
  });
  test('without a primary address, the first verified one is used', () => {
    expect(read('clerk', { ...user, primary_email_address: '' })?.email).toBe('work@example.com');
  });
});

describe('Auth0', () => {
  test('a line of the password hash export is imported', () => {
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
  test('a line of the user export is imported', () => {
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
  test('a bulk import entry is imported with its factors and its assembled hash', () => {
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
    const hash = readLegacyHash(record?.passwordHash ?? '');
    expect([hash.isFast, hash.verify(PASSWORD)]).toEqual([true, true]);
  });
  test('`multifactor` counts only if `mfa_factors` is empty', () => {
    const user = { user_id: '42', email: 'a@example.com', multifactor: ['guardian'] };
    expect(read('auth0', { ...user, mfa_factors: [{ totp: { secret: TOTP } }] })?.otherSecondFactors).toEqual(
      [],
    );
    expect(read('auth0', { ...user, mfa_factors: [] })?.otherSecondFactors).toEqual(['guardian']);
  });
  test('a hash that cannot be assembled is refused by its field', () => {
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
  test('the login method with the password provides the address, and the apps are imported', () => {
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
  test('an address in a table row is verified only if the row says so', () => {
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
  test('a hash without the project’s parameters is refused, and the reason names the missing option', () => {
    expect(refusal('firebase', user)).toMatchObject({
      reason: expect.stringContaining('--firebase-hash-config'),
    });
    const { passwordHash: _hash, ...without } = user;
    expect(refusal('firebase', without)).toMatchObject({ email: 'a@example.com', passwordHash: null });
  });
  test('an enrolled number is a second factor, even if the user also signs in with it', () => {
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
  ])('the hash parameters are read %s', (_how, text) => {
    expect(readFirebaseHashConfig(text)).toEqual({
      signerKey: 'c2lnbmVy',
      saltSeparator: 'Bw==',
      rounds: 8,
      memCost: 14,
    });
  });
  test('incomplete hash parameters are refused with the missing field, without repeating the key', () => {
    const text = 'algorithm: SCRYPT, base64_signer_key: c2VjcmV0, rounds: 8, mem_cost: 14';
    expect(() => readFirebaseHashConfig(text)).toThrow(/check base64_salt_separator/);
    expect(() => readFirebaseHashConfig(text.replace('SCRYPT', 'BCRYPT'))).toThrow(/check algorithm/);
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
  test('an address is never verified, and entries that are not users are skipped', () => {
    expect(read('django', { model: 'auth.user', pk: 7, fields })).toMatchObject({
      externalId: '7',
      name: 'Ann Onym',
      emailVerified: false,
    });
    expect(read('django', { model: 'accounts.person', pk: UUID, fields })?.externalId).toBe(UUID);
    expect(read('django', { model: 'auth.group', pk: 1, fields: { name: 'editors' } })).toBeNull();
    expect(read('django', { model: 'sessions.session', pk: 'x' })).toBeNull();
  });
  test('an unusable password is not imported', () => {
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
  test('the text key of an app becomes base32', () => {
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
])('%s: a disabled account is refused', (source, entry) => {
  expect(refusal(source, entry)).toMatchObject({
    reason: expect.stringContaining('disabled in the source system'),
  });
});

test('an invalid date and an empty name are ignored', () => {
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

describe('Clerk’s password_hasher', () => {
  const salt = Buffer.from('sea salt');
  const hash = pbkdf2Sync(PASSWORD, salt, 1500, 32, 'sha256').toString('base64');
  const user = {
    id: 'user_1',
    primary_email_address: 'a@example.com',
    verified_email_addresses: 'a@example.com',
  };
  test('takes precedence over the format of the digest', () => {
    const record = read('clerk', {
      ...user,
      password_digest: `pbkdf2_sha256$1500$${salt.toString('base64')}$${hash}`,
      password_hasher: 'pbkdf2_sha256',
    });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
  });
  test('that is unknown or does not match the digest makes the user be refused', () => {
    for (const password_hasher of ['rot13', 'argon2id']) {
      const entry = { ...user, password_digest: BCRYPT, password_hasher };
      expect(refusal('clerk', entry)).toMatchObject({ path: 'passwordHash' });
    }
  });
  test('awscognito means that there is no password to import', () => {
    const entry = { ...user, password_digest: 'awscognito#pool#client#jane', password_hasher: 'awscognito' };
    expect(read('clerk', entry)).toMatchObject({ passwordHash: null, mustChangePassword: true });
  });
});

describe('SuperTokens with several login methods', () => {
  test('a password in plain text is hashed and imported', () => {
    const method = { email: 'a@example.com', isVerified: true, plainTextPassword: PASSWORD };
    const record = read('supertokens', { loginMethods: [method] });
    expect(record?.passwordHash).not.toContain(PASSWORD);
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
  });
  test('a verified address of the same user is used if the one with the password is unverified', () => {
    const methods = [
      { email: 'unproved@example.com', isVerified: false, passwordHash: BCRYPT },
      { email: 'proved@example.com', isVerified: true, isPrimary: true },
    ];
    expect(read('supertokens', { loginMethods: methods })).toMatchObject({
      email: 'proved@example.com',
      emailVerified: true,
      passwordHash: BCRYPT,
    });
  });
  test('if no address is verified, the one with the password is used and stays unverified', () => {
    const methods = [
      { email: 'other@example.com', isPrimary: true },
      { email: 'unproved@example.com', passwordHash: BCRYPT },
    ];
    expect(read('supertokens', { loginMethods: methods })).toMatchObject({
      email: 'unproved@example.com',
      emailVerified: false,
    });
  });
  test('a number that is required as a secondary factor is a second factor', () => {
    const record = read('supertokens', {
      userMetadata: { _supertokens: { requiredSecondaryFactors: ['otp-phone', 'totp'] } },
      totpDevices: [{ secretKey: TOTP }],
      loginMethods: [
        { email: 'a@example.com', isVerified: true },
        { phoneNumber: '+14155552671', isVerified: true },
      ],
    });
    expect(record).toMatchObject({
      phones: [{ secondFactor: true }],
      totp: [{ secret: TOTP }],
      otherSecondFactors: [],
    });
  });
  test('a table row has its apps in a column', () => {
    const row = { user_id: UUID, email: 'a@example.com', password_hash: '', time_joined: '1740000000000' };
    const totp_devices = JSON.stringify([{ secretKey: TOTP, deviceName: 'phone' }]);
    expect(read('supertokens', { ...row, totp_devices })?.totp).toMatchObject([
      { secret: TOTP, label: 'phone' },
    ]);
    expect(refusal('supertokens', { ...row, totp_devices: '[' })).toMatchObject({ path: 'totp_devices' });
  });
});

describe('Keycloak’s credentials', () => {
  const user = { username: 'a', email: 'a@example.com', emailVerified: true };
  test('a password in plain text is refused by its field and not repeated', () => {
    const credentials = [{ type: 'otp-history' }, { type: 'password', value: 'canary' }];
    expect(refusal('keycloak', { ...user, credentials })).toEqual({
      path: 'credentials.1.value',
      reason: expect.stringMatching(/^This is a password in plain text(?!.*canary)/),
    });
  });
  test('an incomplete credential is refused by its field', () => {
    const credentials = [{ type: 'password', secretData: '{}' }];
    expect(refusal('keycloak', { ...user, credentials })).toMatchObject({
      path: 'credentials.0.credentialData',
    });
  });
  test('previous passwords do not count as second factors', () => {
    const credentials = [{ type: 'password-history', secretData: '{}', credentialData: '{}' }];
    expect(read('keycloak', { ...user, credentials })?.otherSecondFactors).toEqual([]);
  });
});

describe('Django with django-otp', () => {
  async function dump(...entries: object[]): Promise<(WholeRecord | null)[]> {
    async function* all() {
      yield* entries;
    }
    const reader = await SOURCES.django.survey?.(all());
    return entries.map((entry) => {
      const record = reader?.(entry, { format: 'json', firebaseHash: null }) ?? null;
      return record === null ? null : readWhole(record);
    });
  }
  const user = {
    model: 'auth.user',
    pk: 7,
    fields: { email: 'a@example.com', username: 'ann', password: '' },
  };
  const other = {
    model: 'auth.user',
    pk: 8,
    fields: { email: 'b@example.com', username: 'bob', password: '' },
  };
  const app = {
    user: 7,
    name: 'phone',
    confirmed: true,
    key: '48656c6c6f21deadbeef',
    step: 30,
    t0: 0,
    digits: 6,
  };

  test('an app and static tokens anywhere in the dump are imported for their own user', async () => {
    const [, , mine, others] = await dump(
      { model: 'otp_totp.totpdevice', pk: 1, fields: app },
      { model: 'otp_static.statictoken', pk: 1, fields: { device: 3, token: 'abcdefgh' } },
      user,
      other,
      { model: 'otp_static.staticdevice', pk: 3, fields: { user: 7, confirmed: true } },
    );
    expect(mine).toMatchObject({
      totp: [{ secret: 'JBSWY3DPEHPK3PXP', label: 'phone' }],
      backupCodes: ['abcdefgh'],
      otherSecondFactors: [],
    });
    expect(others).toMatchObject({ totp: [], backupCodes: [], otherSecondFactors: [] });
  });
  test('a device may refer to its user by natural key', async () => {
    const [mine, others] = await dump(user, other, {
      model: 'otp_totp.totpdevice',
      pk: 1,
      fields: { ...app, user: ['bob'] },
    });
    expect([mine?.totp.length, others?.totp.length]).toEqual([0, 1]);
  });
  test('an unconfirmed device is ignored, and a device of another kind cannot be imported', async () => {
    const [record] = await dump(
      user,
      { model: 'otp_totp.totpdevice', pk: 1, fields: { ...app, confirmed: false } },
      { model: 'otp_totp.totpdevice', pk: 2, fields: { ...app, t0: 5 } },
      { model: 'otp_webauthn.webauthncredential', pk: 3, fields: { user: 7 } },
      { model: 'mfa.authenticator', pk: 4, fields: { user: 7, type: 'recovery_codes' } },
      { model: 'sites.site', pk: 5, fields: { user: 7 } },
      { model: 'otp_static.staticdevice', pk: 6, fields: { user: 7, confirmed: true } },
    );
    expect(record).toMatchObject({
      totp: [],
      otherSecondFactors: ['totpdevice', 'webauthncredential', 'authenticator recovery_codes'],
    });
  });
  test('an app with eight digits cannot be imported', async () => {
    const [record] = await dump(user, { model: 'otp_totp.totpdevice', pk: 1, fields: { ...app, digits: 8 } });
    expect(record?.totp).toMatchObject([{ secret: null, defect: expect.stringContaining('6 digits') }]);
  });
});

describe('Supabase', () => {
  const row = {
    id: UUID,
    email: 'a@example.com',
    phone: '14155552671',
    encrypted_password: BCRYPT,
    email_confirmed_at: '2025-01-02 03:04:05+00',
    phone_confirmed_at: '',
    created_at: '2025-01-02 03:04:05+00',
    mfa_factors: '[]',
  };
  test('confirmed addresses and numbers and verified apps are imported', () => {
    const factors = [
      { factor_type: 'totp', status: 'verified', secret: TOTP, friendly_name: 'phone' },
      { factor_type: 'totp', status: 'unverified', secret: TOTP },
      { factor_type: 'phone', status: 'verified', phone: '14155552672' },
    ];
    expect(
      read('supabase', { ...row, phone_confirmed_at: '2025-01-02', mfa_factors: JSON.stringify(factors) }),
    ).toMatchObject({
      id: UUID,
      emailVerified: true,
      passwordHash: BCRYPT,
      totp: [{ secret: TOTP, label: 'phone' }],
      phones: [
        { number: { number: '+14155552672' }, secondFactor: true },
        { number: { number: '+14155552671' }, secondFactor: false },
      ],
      otherSecondFactors: [],
    });
    expect(read('supabase', { ...row, email_confirmed_at: 'NULL' })).toMatchObject({
      emailVerified: false,
      phones: [],
    });
  });
  test('a banned or deleted account and an invalid list are refused', () => {
    for (const column of ['banned_until', 'deleted_at']) {
      expect(refusal('supabase', { ...row, [column]: '2999-01-01' })).toMatchObject({ path: column });
    }
    expect(refusal('supabase', { ...row, mfa_factors: '{' })).toMatchObject({ path: 'mfa_factors' });
  });
});

describe('Amazon Cognito', () => {
  const attributes = (given: object) => Object.entries(given).map(([Name, Value]) => ({ Name, Value }));
  const given = {
    sub: UUID,
    email: 'a@example.com',
    email_verified: 'true',
    phone_number: '+14155552671',
    phone_number_verified: 'true',
    given_name: 'Ann',
    family_name: 'Onym',
  };
  test('a verified number is a second factor if SMS MFA is on, and no hash is imported', () => {
    const entry = {
      Username: 'ann',
      Enabled: true,
      UserAttributes: attributes(given),
      UserMFASettingList: ['SMS_MFA'],
    };
    expect(read('cognito', entry)).toMatchObject({
      id: UUID,
      name: 'Ann Onym',
      emailVerified: true,
      passwordHash: null,
      phones: [{ secondFactor: true }],
      otherSecondFactors: [],
    });
    expect(read('cognito', { ...entry, UserMFASettingList: [] })?.phones).toMatchObject([
      { secondFactor: false },
    ]);
    const unproved = attributes({ ...given, phone_number_verified: 'false' });
    expect(read('cognito', { ...entry, UserAttributes: unproved })).toMatchObject({
      phones: [],
      otherSecondFactors: ['SMS_MFA'],
    });
    expect(refusal('cognito', { ...entry, Enabled: false })).toMatchObject({ path: 'Enabled' });
  });
});

describe('Ory Kratos', () => {
  const identity = {
    id: UUID,
    schema_id: 'default',
    state: 'active',
    traits: { email: 'a@example.com', name: { first: 'Ann', last: 'Onym' } },
    verifiable_addresses: [{ value: 'A@example.com', via: 'email', verified: true }],
    credentials: {
      password: { config: { hashed_password: BCRYPT } },
      totp: { config: { totp_url: `otpauth://totp/x?secret=${TOTP}` } },
      lookup_secret: {
        config: {
          recovery_codes: [
            { code: 'abcdefgh' },
            { code: 'usedcode', used_at: '2025-01-02T03:04:05Z' },
            { code: 'zerotime', used_at: '0001-01-01T00:00:00Z' },
          ],
        },
      },
      passkey: { config: {} },
    },
  };
  test('password, app and unused codes are imported', () => {
    expect(read('kratos', identity)).toMatchObject({
      id: UUID,
      name: 'Ann Onym',
      emailVerified: true,
      passwordHash: BCRYPT,
      totp: [{ secret: TOTP }],
      backupCodes: ['abcdefgh', 'zerotime'],
      otherSecondFactors: [],
    });
  });
  test('credentials without their secrets, and security keys for a second step, cannot be imported', () => {
    const keys = { config: { credentials: [{ is_passwordless: true }, { is_passwordless: false }] } };
    const credentials = { totp: {}, lookup_secret: {}, webauthn: keys, password: {} };
    expect(read('kratos', { ...identity, credentials })?.otherSecondFactors).toEqual([
      'totp',
      'lookup_secret',
      'webauthn',
    ]);
    const first = { webauthn: { config: { credentials: [{ is_passwordless: true }] } } };
    expect(read('kratos', { ...identity, credentials: first })?.otherSecondFactors).toEqual([]);
  });
  test('an inactive identity is refused, and a verified address must be the identity’s own', () => {
    expect(refusal('kratos', { ...identity, state: 'inactive' })).toMatchObject({ path: 'state' });
    const verifiable_addresses = [{ value: 'b@example.com', via: 'email', verified: true }];
    expect(read('kratos', { ...identity, verifiable_addresses })?.emailVerified).toBe(false);
  });
});

describe('FusionAuth', () => {
  const user = {
    id: UUID,
    email: 'a@example.com',
    verified: true,
    active: true,
    firstName: 'Ann',
    insertInstant: 1740000000000,
    encryptionScheme: 'bcrypt',
    factor: 4,
    salt: BCRYPT.slice(7, 29),
    password: BCRYPT.slice(29),
    twoFactor: {
      methods: [
        {
          method: 'authenticator',
          secret: Buffer.from('Hello!\xde\xad\xbe\xef', 'latin1').toString('base64'),
        },
        { method: 'sms', mobilePhone: '+14155552671' },
      ],
      recoveryCodes: ['abcdefgh'],
    },
  };
  test('password, app, number and codes are imported', () => {
    const record = read('fusionauth', user);
    expect(record).toMatchObject({
      id: UUID,
      name: 'Ann',
      totp: [{ secret: 'JBSWY3DPEHPK3PXP' }],
      phones: [{ secondFactor: true }],
      backupCodes: ['abcdefgh'],
      otherSecondFactors: [],
    });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
  });
  test('a password that must be changed is not imported, and an inactive account is refused', () => {
    expect(read('fusionauth', { ...user, passwordChangeRequired: true })).toMatchObject({
      passwordHash: null,
      mustChangePassword: true,
    });
    expect(refusal('fusionauth', { ...user, active: false })).toMatchObject({ path: 'active' });
    expect(refusal('fusionauth', { ...user, encryptionScheme: null })).toMatchObject({
      path: 'encryptionScheme',
    });
  });
  test('a second factor without its secret cannot be imported', () => {
    const twoFactor = { methods: [{ method: 'authenticator' }, { method: 'sms' }] };
    expect(read('fusionauth', { ...user, twoFactor })?.otherSecondFactors).toEqual(['authenticator', 'sms']);
    const old = { ...user, twoFactor: null, twoFactorEnabled: true };
    expect(read('fusionauth', old)?.otherSecondFactors).toEqual(['twoFactorEnabled']);
  });
});

describe('table exports', () => {
  test('WordPress: no address is verified, and its phpass hashes work', () => {
    const row = {
      ID: '7',
      user_login: 'ann',
      user_email: 'a@example.com',
      user_pass: '$P$9IQRaTwmfeRo7ud9Fh4E2PdI0S3r.L0',
    };
    const record = read('wordpress', {
      ...row,
      user_registered: '2025-01-02 03:04:05',
      second_factors: 'NULL',
    });
    expect(record).toMatchObject({ externalId: '7', emailVerified: false, otherSecondFactors: [] });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(' test12345')).toBe(true);
  });
  test('ASP.NET Identity: with two-factor enabled, the app’s key, the number and the codes are imported', () => {
    const row = {
      Id: UUID,
      Email: 'a@example.com',
      EmailConfirmed: 'True',
      PhoneNumber: '+14155552671',
      PhoneNumberConfirmed: '1',
      TwoFactorEnabled: 'True',
      AuthenticatorKey: TOTP,
      RecoveryCodes: 'abcd-efgh;ijkl-mnop',
    };
    expect(read('aspnet-identity', row)).toMatchObject({
      emailVerified: true,
      totp: [{ secret: TOTP }],
      phones: [{ secondFactor: true }],
      backupCodes: ['abcd-efgh', 'ijkl-mnop'],
      otherSecondFactors: [],
    });
    expect(read('aspnet-identity', { ...row, AuthenticatorKey: '' })).toMatchObject({
      totp: [],
      phones: [{ secondFactor: true }],
      otherSecondFactors: [],
    });
    expect(read('aspnet-identity', { ...row, TwoFactorEnabled: 'False' })).toMatchObject({
      totp: [],
      phones: [{ secondFactor: false }],
      backupCodes: [],
      otherSecondFactors: [],
    });
    expect(
      read('aspnet-identity', { ...row, AuthenticatorKey: '', PhoneNumberConfirmed: '0' }),
    ).toMatchObject({
      phones: [],
      otherSecondFactors: ['TwoFactorEnabled'],
    });
  });
  test('Devise: a peppered hash and a decrypted app secret are imported', () => {
    const row = {
      id: 7,
      email: 'a@example.com',
      encrypted_password: `${hashSync(`${PASSWORD}pepper`, 4)}$pepper`,
      confirmed_at: '2025-01-02',
      otp_required_for_login: true,
      otp_secret: TOTP,
      otp_backup_codes: '["$2a$"]',
    };
    const record = read('devise', row);
    expect(record).toMatchObject({ totp: [{ secret: TOTP }], otherSecondFactors: ['otp_backup_codes'] });
    expect(readLegacyHash(record?.passwordHash ?? '').verify(PASSWORD)).toBe(true);
    expect(read('devise', { ...row, otp_required_for_login: false })).toMatchObject({
      totp: [],
      otherSecondFactors: [],
    });
    expect(refusal('devise', { ...row, locked_at: '2025-01-02' })).toMatchObject({ path: 'locked_at' });
  });
  test('Laravel: an address with a verification time is verified', () => {
    const row = {
      id: 7,
      name: 'Ann',
      email: 'a@example.com',
      email_verified_at: '2025-01-02',
      password: BCRYPT,
    };
    expect(read('laravel', row)).toMatchObject({ name: 'Ann', emailVerified: true, passwordHash: BCRYPT });
    expect(read('laravel', { ...row, email_verified_at: '\\N' })?.emailVerified).toBe(false);
  });
});

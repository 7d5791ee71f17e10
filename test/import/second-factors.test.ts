// A second factor that cannot be imported is never dropped silently. The user is refused, or imported without it at the
// operator's request, and the report names it.
import { hashSync } from 'bcrypt';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { reportOf, stepgate, temporaryFiles } from './commands.ts';

const PASSWORD = 'a password from elsewhere';
const HASH = hashSync(PASSWORD, 4);
const TOTP = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
const EIGHT_DIGITS = `otpauth://totp/x?secret=${TOTP}&digits=8`;

const { newFile } = temporaryFiles();

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const run = (path: string, ...args: string[]) => stepgate(app.databaseUrl, 'import-users', path, ...args);

/** For every system, one user with a second factor that cannot be imported. */
const SYSTEMS: readonly [
  system: string,
  ending: string,
  factors: string,
  content: (email: string) => unknown,
][] = [
  [
    'keycloak',
    '.json',
    '1 webauthn, 1 recovery-authn-codes',
    (email) => ({
      users: [
        {
          username: 'a',
          email,
          emailVerified: true,
          enabled: true,
          credentials: [
            { type: 'webauthn', secretData: '{}', credentialData: '{}' },
            { type: 'recovery-authn-codes', secretData: '{}', credentialData: '{}' },
          ],
        },
      ],
    }),
  ],
  [
    'firebase',
    '.json',
    '1 totpInfo',
    (email) => ({ users: [{ localId: 'x', email, emailVerified: true, mfaInfo: [{ totpInfo: {} }] }] }),
  ],
  [
    'django',
    '.json',
    '1 hotpdevice',
    (email) => [
      { model: 'otp_hotp.hotpdevice', pk: 1, fields: { user: 7, key: 'aa', confirmed: true } },
      { model: 'auth.user', pk: 7, fields: { email, password: '!' } },
    ],
  ],
  [
    'better-auth',
    '.csv',
    '1 twoFactor',
    (email) => `id,email,emailVerified,password,twoFactorEnabled\n1,${email},true,,t\n`,
  ],
  [
    'auth0',
    '.json',
    '1 guardian',
    (email) => [{ user_id: 'auth0|1', email, email_verified: true, multifactor: ['guardian'] }],
  ],
  [
    'auth0',
    '.json',
    '1 email',
    (email) => [
      { user_id: 'auth0|2', email, email_verified: true, mfa_factors: [{ email: { value: email } }] },
    ],
  ],
  [
    'supertokens',
    '.json',
    '1 otp-email',
    (email) => ({
      users: [
        {
          userMetadata: { _supertokens: { requiredSecondaryFactors: ['otp-email'] } },
          loginMethods: [{ email, isVerified: true }],
        },
      ],
    }),
  ],
  [
    'supabase',
    '.csv',
    '1 webauthn',
    (email) =>
      `id,email,encrypted_password,email_confirmed_at,mfa_factors\nsb-1,${email},,2025-01-01,"[{""factor_type"":""webauthn"",""status"":""verified""}]"\n`,
  ],
  [
    'cognito',
    '.ndjson',
    '1 SOFTWARE_TOKEN_MFA',
    (email) => [
      {
        Username: 'cg-1',
        UserMFASettingList: ['SOFTWARE_TOKEN_MFA'],
        UserAttributes: [
          { Name: 'email', Value: email },
          { Name: 'email_verified', Value: 'true' },
        ],
      },
    ],
  ],
  [
    'cognito',
    '.json',
    '1 not shown by list-users',
    (email) => ({
      Users: [
        {
          Username: 'x2',
          Attributes: [
            { Name: 'email', Value: email },
            { Name: 'email_verified', Value: 'true' },
          ],
        },
      ],
    }),
  ],
  [
    'kratos',
    '.json',
    '1 webauthn',
    (email) => [
      {
        schema_id: 'default',
        traits: { email },
        verifiable_addresses: [{ value: email, via: 'email', verified: true }],
        credentials: { webauthn: { config: { credentials: [{ is_passwordless: false }] } } },
      },
    ],
  ],
  [
    'fusionauth',
    '.json',
    '1 email',
    (email) => ({ users: [{ email, verified: true, twoFactor: { methods: [{ method: 'email', email }] } }] }),
  ],
  [
    'wordpress',
    '.csv',
    '1 _two_factor_enabled_providers',
    (email) =>
      `ID,user_login,user_email,user_pass,second_factors\n5,x,${email},,_two_factor_enabled_providers\n`,
  ],
  [
    'aspnet-identity',
    '.csv',
    '1 TwoFactorEnabled',
    (email) => `Id,Email,EmailConfirmed,PasswordHash,TwoFactorEnabled\n6,${email},True,,True\n`,
  ],
  [
    'devise',
    '.csv',
    '1 otp',
    (email) =>
      `id,email,encrypted_password,confirmed_at,otp_required_for_login\ndv-7,${email},,2025-01-01,t\n`,
  ],
  [
    'laravel',
    '.csv',
    '1 two_factor_secret',
    (email) => `id,email,email_verified_at,password,two_factor_secret\n8,${email},2025-01-01,,eyJpdiI6\n`,
  ],
  [
    'clerk',
    '.csv',
    '1 totp',
    (email) => `id,primary_email_address,verified_email_addresses,totp_secret\n9,${email},${email},short\n`,
  ],
  ['stepgate', '.ndjson', '1 webauthn', (email) => [{ email, otherSecondFactors: ['webauthn'] }]],
  [
    'stepgate',
    '.csv',
    '2 totp, 1 u2f',
    (email) => `email,totp,otherSecondFactors\n${email},short;shorter,u2f\n`,
  ],
];

test.each(SYSTEMS)(
  '%s%s: a user who would lose %s is refused without --without-second-factors',
  async (system, ending, factors, content) => {
    const email = `${system}-${factors.replaceAll(/\W/g, '')}@example.com`.toLowerCase();
    const written = content(email);
    const text =
      typeof written === 'string' || ending === '.ndjson' ? (written as string) : JSON.stringify(written);
    const path = await newFile(text, ending);
    const options = ['--from', system, '--trust-unverified'];
    const refused = await run(path, ...options);
    expect(refused.code).toBe(1);
    expect(refused.stdout).toContain(
      `1 refused user would lose second factors: ${factors}. Use --without-second-factors`,
    );
    const [line] = await reportOf(path);
    expect(line?.reason).toContain(factors);

    const taken = await run(path, ...options, '--without-second-factors');
    expect(taken.code).toBe(0);
    expect(taken.stdout).toContain(`Imported 1 user without second factors: ${factors}.`);
    expect(await reportOf(path)).toEqual([
      {
        ...line,
        path: expect.any(String),
        reason: `Imported without ${factors}.`,
        secondFactors: expect.any(Array),
        imported: true,
      },
    ]);
    expect(
      await query(app.databaseUrl, 'select 1 from email_address where address = $1', [email]),
    ).toHaveLength(1);
  },
);

test('the second factors that can be imported are, even if others cannot', async () => {
  const email = 'both@example.com';
  const path = await newFile([
    { email, passwordHash: HASH, totp: [TOTP, EIGHT_DIGITS], otherSecondFactors: ['webauthn'] },
  ]);
  const { stdout } = await run(path, '--without-second-factors');
  expect(stdout).toContain('Imported 1 user without second factors: 1 totp, 1 webauthn.');
  await client.signIn({ email, password: PASSWORD }, { totp: client.totp(TOTP) });
  const started = await client.startSignIn({ identifier: email });
  expect((await client.attempt(started.id, { password: PASSWORD })).status).toBe('NEEDS_SECOND_FACTOR');
});

test('a dry run and an import count the same lost second factors across batches', async () => {
  const records = Array.from({ length: 700 }, (_, at) => ({
    email: `count-${at}@example.com`,
    ...(at % 100 === 0 ? { otherSecondFactors: ['webauthn', 'sms'] } : {}),
  }));
  const path = await newFile(records);
  const dry = await run(path, '--dry-run');
  expect(dry.stdout).toContain('7 refused users would lose second factors: 7 webauthn, 7 sms.');
  const { stdout } = await run(path);
  expect(stdout).toContain('693 of 700 records imported, 7 refused');
  expect(stdout).toContain('7 refused users would lose second factors: 7 webauthn, 7 sms.');
});

describe('a password that the user must change', () => {
  const secret = { value: 'dBpGVoQL4cbS6Oz0gWR3RPyfCaeClH0wufDQpL4gMek=', salt: 'B9Lqh0TAaDsFW67VEK4s4Q==' };
  const password = {
    type: 'password',
    secretData: JSON.stringify(secret),
    credentialData: JSON.stringify({ hashIterations: 1000, algorithm: 'pbkdf2-sha256' }),
  };
  test.each([
    ['UPDATE_PASSWORD of Keycloak', { requiredActions: ['UPDATE_PASSWORD'], credentials: [password] }],
    ['a temporary password of Keycloak', { credentials: [{ ...password, temporary: true }] }],
    [
      'a temporary password in plain text',
      { credentials: [{ type: 'password', value: 'canary', temporary: true }] },
    ],
  ])('is not imported, and the report says so: %s', async (what, credentials) => {
    const email = `${what.replaceAll(/\W/g, '')}@example.com`.toLowerCase();
    const user = { username: 'x', email, emailVerified: true, ...credentials };
    const path = await newFile(JSON.stringify({ users: [user] }), '.json');
    const { code, stdout } = await run(path, '--from', 'keycloak');
    expect(code).toBe(0);
    expect(stdout).toContain(
      'Imported 1 user without a password, because the old one had to be changed. They must reset it.',
    );
    expect(await reportOf(path)).toMatchObject([{ record: 1, path: 'passwordHash', imported: true }]);
    const rows = await query(
      app.databaseUrl,
      'select 1 from authenticator join email_address e using (user_id) where e.address = $1',
      [email],
    );
    expect(rows).toEqual([]);
  });

  test('is not imported from Stepgate’s own format either', async () => {
    const email = 'own-format@example.com';
    const path = await newFile([{ email, passwordHash: HASH, mustChangePassword: true }]);
    expect((await run(path)).stdout).toContain('Imported 1 user without a password');
    const started = await client.startSignIn({ identifier: email });
    expect((await client.attempt(started.id, { password: PASSWORD })).code).toBe('PROOF_REJECTED');
  });

  test('is not assumed: a permanent password is imported', async () => {
    const user = {
      username: 'x',
      email: 'lasting@example.com',
      emailVerified: true,
      credentials: [password],
    };
    const path = await newFile(JSON.stringify({ users: [user] }), '.json');
    expect((await run(path, '--from', 'keycloak')).stdout).not.toContain('without a password');
    const rows = await query(
      app.databaseUrl,
      "select 1 from authenticator join email_address e using (user_id) where e.address = 'lasting@example.com'",
    );
    expect(rows).toHaveLength(1);
  });
});

test('backup codes without another second factor are not imported, and the user can enroll', async () => {
  const email = 'codes-alone@example.com';
  const path = await newFile([{ email, passwordHash: HASH, backupCodes: ['abcd-efgh'] }]);
  const { code, stdout } = await run(path);
  expect(code).toBe(0);
  expect(stdout).toContain('Imported 1 user without backup codes, because they have no other second factor.');
  expect(await reportOf(path)).toMatchObject([{ path: 'backupCodes', imported: true }]);
  const codes = await query(
    app.databaseUrl,
    'select 1 from backup_code join email_address e using (user_id) where e.address = $1',
    [email],
  );
  expect(codes).toEqual([]);
  const { accessToken } = await client.signIn({ email, password: PASSWORD });
  const { backupCodes } = await client.enrollTotp(accessToken);
  expect(backupCodes).toHaveLength(10);
});

describe('a user with only a phone number', () => {
  const user = { phones: [{ number: '+14155552677' }] };
  test('and no password is refused unless the tenant accepts phone numbers as a first factor', async () => {
    const path = await newFile([user]);
    expect((await run(path)).code).toBe(1);
    expect(await reportOf(path)).toMatchObject([
      { path: 'passwordHash', reason: expect.stringContaining('could never sign in') },
    ]);
    await query(
      app.databaseUrl,
      "insert into tenant (id, sms, password_minimum_length, created_at) values ('texts', 'ANY_FACTOR', 8, now())",
    );
    expect((await run(path, '--tenant', 'texts')).code).toBe(0);
    const noTexts = await newFile([
      { phones: [{ number: '+14155552676' }], smsFactors: false },
      { phones: [{ number: '+4915112345678' }] },
    ]);
    expect((await run(noTexts, '--tenant', 'texts')).stdout).toContain('0 of 2 records imported, 2 refused');
  });
  test('and a password is imported', async () => {
    const path = await newFile([{ phones: [{ number: '+14155552678' }], passwordHash: HASH }]);
    expect((await run(path)).code).toBe(0);
  });
});

test('a phone number cannot be a second factor of a user with smsFactors: false', async () => {
  const path = await newFile([
    {
      email: 'no-texts@example.com',
      smsFactors: false,
      phones: [{ number: '+14155552679', secondFactor: true }],
    },
  ]);
  await run(path);
  expect(await reportOf(path)).toMatchObject([{ path: 'phones.0.secondFactor' }]);
});

// The mutation `importUsers`: an administrator imports users into their own tenant, and nobody else can.
import { hashSync } from 'bcrypt';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type GraphQLAnswer, type Person, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';

const IMPORT = `mutation ($input: ImportUsersInput!) { importUsers(input: $input) {
  __typename
  ... on ImportedUsers { imported { index leftBehind user { id externalId name roles } } refused { index path message } }
  ... on UserError { code message }
} }`;
const PASSWORD = 'a password from elsewhere';
const HASH = hashSync(PASSWORD, 4);
const TOTP = 'JBSWY3DPEHPK3PXP';

let app: TestApp;
let client: TestClient;
let member: Person;
let token: string;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  member = await client.signUp();
  const admin = await client.signUp('admin@example.com');
  await query(
    app.databaseUrl,
    `update user_account set roles = '["ADMIN"]' where id = (select user_id from email_address where address = 'admin@example.com')`,
  );
  token = (await client.enrollTotp(admin.accessToken)).tokens.accessToken;
});
afterAll(() => app[Symbol.asyncDispose]());

const send = (input: object, as = token): Promise<GraphQLAnswer> => client.graphql(IMPORT, { input }, as);

test('an administrator imports users, who sign in as before, even if others in the list are refused', async () => {
  const users = [
    {
      email: 'Moved@example.com',
      name: 'Mo',
      externalId: 'old-1',
      passwordHash: HASH,
      totp: [TOTP],
      backupCodes: ['moved-code'],
      phones: [{ number: '+14155552671' }],
      createdAt: '2021-02-03T04:05:06Z',
    },
    { email: 'admin@example.com', passwordHash: HASH },
    { name: 'nobody' },
    { email: 'moved@example.com' },
    { email: 'unverified@example.com', emailVerified: false },
  ];
  const { data, errors } = await send({ users });
  expect(errors).toEqual([]);
  expect(data.importUsers.imported).toEqual([
    {
      index: 0,
      leftBehind: [],
      user: { id: expect.any(String), externalId: 'old-1', name: 'Mo', roles: [] },
    },
  ]);
  expect(
    data.importUsers.refused.map((one: { index: number; path: string }) => [one.index, one.path]),
  ).toEqual([
    [1, 'email'],
    [2, 'email'],
    [3, 'email'],
    [4, 'email'],
  ]);
  const who = { email: 'moved@example.com', password: PASSWORD };
  await client.signIn(who, { totp: client.totp(TOTP) });
  await client.signIn(who, { backupCode: 'MOVEDCODE' });
  const [row] = await query(
    app.databaseUrl,
    `select u.created_at, a.ip, a.actor_kind, e.address as actor from user_account u
     join audit_event a on a.user_id = u.id left join email_address e on e.user_id = a.actor_user_id
     where u.external_id = 'old-1' and a.type = 'user.imported'`,
  );
  expect(row).toEqual({
    created_at: new Date('2021-02-03T04:05:06Z'),
    ip: '127.0.0.1',
    actor_kind: 'ADMINISTRATOR',
    actor: 'admin@example.com',
  });
  expect(
    (await send({ users: users.slice(4), trustUnverified: true })).data.importUsers.imported,
  ).toHaveLength(1);
});

test('importUsers imports fast hashes only with acceptFastHashes, and cannot grant roles', async () => {
  const users = [{ email: 'fast@example.com', passwordHash: '5f4dcc3b5aa765d61d8327deb882cf99' }];
  expect((await send({ users })).data.importUsers.refused).toMatchObject([
    { index: 0, path: 'passwordHash' },
  ]);
  expect((await send({ users, acceptFastHashes: true })).data.importUsers.imported).toHaveLength(1);
  await client.signIn({ email: 'fast@example.com', password: 'password' });
  const granting = await send({ users: [{ email: 'king@example.com', roles: ['ADMIN'] }] });
  expect(granting.errors[0]?.extensions.code).toBe('BAD_USER_INPUT');
});

test('importUsers refuses a user who would lose second factors without withoutSecondFactors, and names them', async () => {
  const users = [
    {
      email: 'keys@example.com',
      passwordHash: HASH,
      totp: [`otpauth://totp/x?secret=${TOTP}&digits=8`],
      otherSecondFactors: ['webauthn'],
    },
    { email: 'must-change@example.com', passwordHash: HASH, mustChangePassword: true },
    { phones: [{ number: '+14155552699' }] },
  ];
  const refused = (await send({ users })).data.importUsers;
  expect(refused.refused).toEqual([
    { index: 0, path: 'totp.0.secret', message: expect.stringContaining('1 totp, 1 webauthn') },
    { index: 2, path: 'passwordHash', message: expect.stringContaining('could never sign in') },
  ]);
  expect(refused.imported).toMatchObject([
    { index: 1, leftBehind: [expect.stringContaining('without the password')] },
  ]);
  const taken = (await send({ users: users.slice(0, 1), withoutSecondFactors: true })).data.importUsers;
  expect(taken.imported).toMatchObject([{ index: 0, leftBehind: ['Imported without 1 totp, 1 webauthn.'] }]);
  await client.signIn({ email: 'keys@example.com', password: PASSWORD });
});

test('importUsers accepts at most 100 users per call', async () => {
  const users = Array.from({ length: 101 }, (_, at) => ({ email: `crowd-${at}@example.com` }));
  expect((await send({ users })).data.importUsers).toMatchObject({ code: 'INVALID_INPUT' });
  expect((await send({ users: users.slice(1) })).data.importUsers.imported).toHaveLength(100);
});

test('importUsers requires an administrator with a fresh second factor', async () => {
  const input = { users: [{ email: 'refused@example.com' }] };
  const codeOf = async (as?: string) => (await send(input, as)).errors[0]?.extensions.code;
  expect((await client.graphql(IMPORT, { input })).errors[0]?.extensions.code).toBe('UNAUTHENTICATED');
  expect(await codeOf(member.accessToken)).toBe('FORBIDDEN');
  app.clock.advance(601);
  expect(await codeOf(token)).toBe('STEP_UP_REQUIRED');
  const rows = await query(
    app.databaseUrl,
    "select 1 from email_address where address = 'refused@example.com'",
  );
  expect(rows).toEqual([]);
});

test('importUsers never repeats a refused hash, secret or code', async () => {
  const before = app.log.length;
  const canary = 'canary-canary';
  const users = [
    { email: 'x@example.com', passwordHash: canary },
    { email: 'x@example.com', totp: [canary] },
    { email: 'x@example.com', backupCodes: [`${canary}!`] },
    { email: canary, externalId: canary },
  ];
  const { text } = await send({ users });
  expect(text + app.log.slice(before).join('')).not.toContain('canary');
});

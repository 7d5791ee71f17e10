// `stepgate users export`: users exported from one database and imported into another are the same and can sign in as
// before.
import { randomBytes } from 'node:crypto';
import { readFile, stat } from 'node:fs/promises';
import { hashSync } from 'bcrypt';
import { parse } from 'csv-parse/sync';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { stepgate, temporaryFiles } from '../import/commands.ts';

const FOREIGN = 'a password from elsewhere';
const SHORT_SECRET = 'KRUGKIDROVUWG2ZA';
const PHONE = '+14155552671';

const { newFile, newPath } = temporaryFiles();

let here: TestApp;
let there: TestApp;
/** The secrets of Ada, who signed up here. */
let ada: { secret: string; backupCodes: readonly string[] };

beforeAll(async () => {
  [here, there] = await Promise.all([startTestApp(), startTestApp()]);
  const client = new TestClient(here);
  const started = await client.startSignUp({ email: 'ada@example.com', password: PASSWORD, name: "'=Ada" });
  const signedUp = await client.attempt(started.id, { emailCode: await client.codeFor('ada@example.com') });
  ada = await client.enrollTotp(signedUp.session?.accessToken ?? '');
  const { accessToken } = await client.signIn(
    { email: 'ada@example.com', password: PASSWORD },
    { backupCode: ada.backupCodes[0] },
  );
  await client.enrollPhone(accessToken, PHONE);
  await client.startSignUp({ email: 'never-finished@example.com', password: PASSWORD });
  const records = [
    {
      email: 'bob@example.com',
      otherEmails: [{ address: 'bob@work.example' }, { address: 'Bob@home.example' }],
      name: '@Bob, "the"\nbuilder',
      externalId: '+42',
      passwordHash: hashSync(FOREIGN, 4),
      totp: [{ secret: SHORT_SECRET, label: 'old phone' }, 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP'],
      backupCodes: ['bobs-first-code', 'bobs-second-code'],
      roles: ['ADMIN'],
      locale: 'de',
      smsFactors: false,
      createdAt: '2019-08-07T06:05:04.321Z',
    },
    {
      phones: [{ number: '+14155552672' }, { number: '+14155552673', secondFactor: true }],
      passwordHash: hashSync(FOREIGN, 4),
    },
  ];
  const many = Array.from({ length: 1100 }, (_, at) => ({ email: `many-${at}@example.com` }));
  await stepgate(here.databaseUrl, 'import', await newFile([...records, ...many]));
  await query(
    here.databaseUrl,
    "insert into tenant (id, password_minimum_length, created_at) values ('acme', 8, now())",
  );
  const elsewhere = await newFile([{ email: 'elsewhere@example.com' }]);
  await stepgate(here.databaseUrl, 'import', elsewhere, '--tenant', 'acme');
});
afterAll(async () => {
  await here[Symbol.asyncDispose]();
  await there[Symbol.asyncDispose]();
});

async function exported(
  app: TestApp,
  ending: string,
  ...args: string[]
): Promise<{ path: string; text: string }> {
  const path = newPath(ending);
  const { code, stdout } = await stepgate(app.databaseUrl, 'export', path, ...args);
  expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(path) });
  return { path, text: await readFile(path, 'utf8') };
}

test('an export has only the active users of the tenant, is readable by its owner only, and overwrites no file', async () => {
  const { path, text } = await exported(here, '.ndjson');
  expect((await stat(path)).mode & 0o777).toBe(0o600);
  expect(text.trim().split('\n')).toHaveLength(1103);
  expect(text).not.toMatch(/never-finished|elsewhere/);
  const again = await stepgate(here.databaseUrl, 'export', path);
  expect(again).toEqual({
    code: 2,
    stdout: '',
    stderr: `${path} already exists. Choose another file name.\n`,
  });
  expect(await readFile(path, 'utf8')).toBe(text);
  expect((await exported(here, '.ndjson', '--tenant', 'acme')).text).toContain('elsewhere@example.com');
});

test('each export is recorded in the audit log of the tenant', async () => {
  const counted = async (): Promise<object[]> =>
    query(
      here.databaseUrl,
      `select actor_kind, user_agent, tenant_id, count(*)::int as times from audit_event
       where type = 'users.exported' and tenant_id = 'acme' group by 1, 2, 3`,
    );
  const [before] = (await counted()) as { times: number }[];
  await exported(here, '.ndjson', '--tenant', 'acme');
  expect(await counted()).toEqual([
    {
      actor_kind: 'OPERATOR',
      user_agent: 'export-users command',
      tenant_id: 'acme',
      times: (before?.times ?? 0) + 1,
    },
  ]);
});

test('a CSV export contains no cell that a spreadsheet would run as a formula', async () => {
  const { text } = await exported(here, '.csv');
  expect(text).toContain(',"\'@Bob, ""the"" builder",');
  expect(text).toContain("''=Ada");
  const cells: string[] = parse(text).flat();
  expect(cells.filter((cell) => /^[=+\-@\t\r]/.test(cell))).toEqual([]);
});

describe.each(['.csv', '.ndjson'])('an export to %s', (ending) => {
  test('is refused by an instance without the key of its hashes, and imported with the key', async () => {
    const { path } = await exported(here, ending);
    process.env['SECRET_KEYS'] = randomBytes(32).toString('base64');
    const refused = await stepgate(there.databaseUrl, 'import', path, '--dry-run').finally(() => {
      delete process.env['SECRET_KEYS'];
    });
    expect(refused.stdout).toContain('1101 of 1103 records imported, 2 refused');
    const taken = await stepgate(there.databaseUrl, 'import', path, '--dry-run');
    expect(taken.stdout).toContain('1103 of 1103 records imported, 0 refused');
  });
});

test('a re-export after an import is identical, and users sign in with password, app and backup code', async () => {
  const first = await exported(here, '.ndjson');
  const csv = await exported(here, '.csv');
  expect((await stepgate(there.databaseUrl, 'import', csv.path)).code).toBe(0);
  expect((await exported(there, '.ndjson')).text).toBe(first.text);
  expect((await exported(there, '.csv')).text).toBe(csv.text);

  const client = new TestClient(there);
  const adas = { email: 'ada@example.com', password: PASSWORD };
  await client.signIn(adas, { totp: client.totp(ada.secret) });
  await expect(client.signIn(adas, { backupCode: ada.backupCodes[0] })).rejects.toThrow('PROOF_REJECTED');
  const { accessToken } = await client.signIn(adas, { backupCode: ada.backupCodes[1] });
  const { data } = await client.graphql(
    '{ viewer { name phoneNumbers { number secondFactor } backupCodesRemaining } }',
    {},
    accessToken,
  );
  expect(data.viewer).toEqual({
    name: "'=Ada",
    phoneNumbers: [{ number: PHONE, secondFactor: true }],
    backupCodesRemaining: 8,
  });
  const bobs = { email: 'bob@example.com', password: FOREIGN };
  await client.signIn(bobs, { totp: client.totp(SHORT_SECRET) });
  await client.signIn(bobs, { backupCode: 'bobs first code' });
  await client.signIn({ ...bobs, email: 'bob@home.example' }, { backupCode: 'bobs second code' });
  const [primary] = await query(
    there.databaseUrl,
    "select address from email_address where is_primary and address like 'bob@%'",
  );
  expect(primary).toEqual({ address: 'bob@example.com' });
});

test('a second factor that cannot be exported is named, so that an import does not drop it silently', async () => {
  await using app = await startTestApp();
  const email = 'other@example.com';
  await stepgate(app.databaseUrl, 'import', await newFile([{ email }]));
  await query(
    app.databaseUrl,
    `insert into authenticator (id, user_id, factor, secret, created_at, confirmed_at)
     select gen_random_uuid(), user_id, 'PHONE_LINK', 'x', now(), now() from email_address`,
  );
  await query(
    app.databaseUrl,
    `insert into authenticator (id, user_id, factor, secret, created_at)
     select gen_random_uuid(), user_id, 'PHONE_LINK', 'x', now() from email_address`,
  );
  const { path, text } = await exported(app, '.ndjson');
  expect(JSON.parse(text).otherSecondFactors).toEqual(['PHONE_LINK']);
  await query(app.databaseUrl, 'delete from user_account');
  const refused = await stepgate(app.databaseUrl, 'import', path);
  expect(refused).toMatchObject({ code: 1, stdout: expect.stringContaining('1 PHONE_LINK') });
});

test('backup codes without another second factor are not exported', async () => {
  await using app = await startTestApp();
  const totp = 'JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP';
  const records = [{ email: 'codes@example.com', totp, backupCodes: ['abcd-efgh'] }];
  await stepgate(app.databaseUrl, 'import', await newFile(records));
  expect((await exported(app, '.ndjson')).text).toContain('backupCodes');
  await query(app.databaseUrl, "delete from authenticator where factor = 'TOTP'");
  expect((await exported(app, '.ndjson')).text).not.toContain('backupCodes');
});

// `stepgate users import`: imported users sign in as before, and no account is taken over.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { hashSync } from 'bcrypt';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { runCommand } from '../harness/command.ts';
import { query } from '../harness/sql.ts';
import { reportOf, rowCounts, stepgate, temporaryFiles } from './commands.ts';

const PASSWORD = 'a password from elsewhere';
const HASH = hashSync(PASSWORD, 4);
const TOTP = 'JBSWY3DPEHPK3PXP'; // 80 bits

const { newFile } = temporaryFiles();

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp({ SMS: 'on' });
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const run = (path: string, ...args: string[]) => stepgate(app.databaseUrl, 'import', path, ...args);
const counts = () => rowCounts(app.databaseUrl);

describe('an imported user', () => {
  test('signs in with the old password and the old authenticator app, even with an 80-bit secret', async () => {
    const email = 'with-totp@example.com';
    const path = await newFile([{ email, passwordHash: HASH, totp: TOTP, name: 'Jo', externalId: 'crm-1' }]);
    expect(await run(path)).toEqual({
      code: 0,
      stderr: '',
      stdout: `${path}: 1 of 1 record imported, 0 refused.\n`,
    });
    const { accessToken } = await client.signIn({ email, password: PASSWORD }, { totp: client.totp(TOTP) });
    const { data } = await client.graphql(
      '{ viewer { name externalId emailAddresses { verifiedAt } authenticators { factor } auditEvents { type actor userAgent } } }',
      {},
      accessToken,
    );
    expect(data.viewer).toMatchObject({ name: 'Jo', externalId: 'crm-1' });
    expect(data.viewer.emailAddresses).toEqual([{ verifiedAt: expect.any(String) }]);
    expect(data.viewer.authenticators.map((one: { factor: string }) => one.factor).toSorted()).toEqual([
      'PASSWORD',
      'TOTP',
    ]);
    expect(data.viewer.auditEvents).toContainEqual({
      type: 'user.imported',
      actor: 'OPERATOR',
      userAgent: 'import-users command',
    });
    const [row] = await query<{ secret: string }>(
      app.databaseUrl,
      `select a.secret from authenticator a join email_address e using (user_id)
       where e.address = $1 and a.factor = 'PASSWORD'`,
      [email],
    );
    expect(row?.secret).toMatch(/^\$stepgate-bcrypt\$/);
  });

  test('signs in with each backup code once, in any notation', async () => {
    const email = 'with-codes@example.com';
    const backupCodes = ['abcd-efgh', '12345678'];
    const path = await newFile([
      { email, passwordHash: HASH, totp: `otpauth://totp/X:y?secret=${TOTP}`, backupCodes },
    ]);
    expect((await run(path)).code).toBe(0);
    await client.signIn({ email, password: PASSWORD }, { backupCode: 'ABCD EFGH' });
    await expect(client.signIn({ email, password: PASSWORD }, { backupCode: 'abcdefgh' })).rejects.toThrow(
      'PROOF_REJECTED',
    );
    await client.signIn({ email, password: PASSWORD }, { backupCode: '1234-5678' });
  });

  test('has a phone as a second factor only if the file says so', async () => {
    const [second, plain] = ['+14155552671', '+14155552672'];
    const path = await newFile([
      {
        email: 'second@example.com',
        passwordHash: HASH,
        phones: [{ number: '+1 415 555 2671', secondFactor: true }],
      },
      { email: 'plain@example.com', passwordHash: HASH, phones: [{ number: plain }] },
    ]);
    expect((await run(path)).code).toBe(0);
    const started = await client.startSignIn({ identifier: 'second@example.com' });
    const step = await client.attempt(started.id, { password: PASSWORD });
    expect(step.status).toBe('NEEDS_SECOND_FACTOR');
    await client.prepare(started.id, 'PHONE_CODE', undefined, step.factors[0]?.authenticatorId ?? '');
    expect((await client.attempt(started.id, { phoneCode: await client.codeFor(second) })).status).toBe(
      'COMPLETE',
    );
    await client.signIn({ email: 'plain@example.com', password: PASSWORD });
    expect(await client.startSignIn({ identifier: plain })).toMatchObject({ status: 'NEEDS_FIRST_FACTOR' });
  });

  test('gets no message, and can reset the password even if none was imported', async () => {
    const email = 'without-password@example.com';
    await run(await newFile([{ email }]));
    expect((await client.inbox()).filter((one) => one.to === email)).toEqual([]);
    const reset = await client.startPasswordReset({ identifier: email });
    await client.prepare(reset.id, 'EMAIL_CODE');
    await client.attempt(reset.id, { emailCode: await client.codeFor(email) });
    await client.chooseNewPassword(reset.id, 'a new password of mine');
    await client.signIn({ email, password: 'a new password of mine' });
  });

  test('keeps id, roles, language and creation time', async () => {
    const id = '0a1b2c3d-0000-4000-8000-00000000abcd';
    const record = {
      id,
      email: 'kept@example.com',
      roles: ['ADMIN'],
      locale: 'de-AT',
      smsFactors: false,
      createdAt: '2020-02-03T04:05:06+01:00',
    };
    expect((await run(await newFile([record]))).code).toBe(0);
    const [row] = await query(
      app.databaseUrl,
      'select roles, locale, sms, created_at from user_account where id = $1',
      [id],
    );
    const audited = await query<{ type: string }>(
      app.databaseUrl,
      'select type from audit_event where user_id = $1 order by type',
      [id],
    );
    expect(audited.map((one) => one.type)).toEqual(['role.granted', 'user.imported']);
    expect(row).toEqual({
      roles: ['ADMIN'],
      locale: 'de',
      sms: false,
      created_at: new Date('2020-02-03T03:05:06Z'),
    });
  });
});

describe('an existing account', () => {
  test('is never taken over: a record with its address, number, id or external id is refused and changes nothing', async () => {
    const person = await client.signUp('owner@example.com');
    const { data } = await client.graphql('{ viewer { id } }', {}, person.accessToken);
    const { id } = data.viewer;
    const first = { email: 'first@example.com', externalId: 'taken-1', phones: [{ number: '+14155552680' }] };
    await run(await newFile([first]));
    const rows = () =>
      Promise.all(
        ['user_account', 'email_address', 'phone_number', 'authenticator'].map((table) =>
          query(app.databaseUrl, `select t::text from ${table} t order by 1`),
        ),
      );
    const before = await rows();
    const path = await newFile([
      { email: 'Owner@Example.com', passwordHash: HASH, roles: ['ADMIN'] },
      { email: 'other@example.com', id, passwordHash: HASH },
      { email: 'other@example.com', externalId: 'taken-1' },
      { email: 'other@example.com', phones: [{ number: '+1 (415) 555-2680' }] },
    ]);
    expect((await run(path)).code).toBe(1);
    expect((await reportOf(path)).map(({ record, path: place }) => [record, place])).toEqual([
      [1, 'email'],
      [2, 'id'],
      [3, 'externalId'],
      [4, 'phones.0.number'],
    ]);
    expect(await rows()).toEqual(before);
    await client.signIn(person);
  });

  test('does not own an address that it has not verified', async () => {
    const email = 'claimed@example.com';
    const claim = await client.startSignUp({ email, password: 'the password of a stranger' });
    const code = await client.codeFor(email);
    expect((await run(await newFile([{ email, passwordHash: HASH }]))).code).toBe(0);
    expect((await client.attempt(claim.id, { emailCode: code })).status).not.toBe('COMPLETE');
    await client.signIn({ email, password: PASSWORD });
  });

  test('does not block the same address, number or external id in another tenant', async () => {
    await query(
      app.databaseUrl,
      "insert into tenant (id, password_minimum_length, created_at) values ('acme', 8, now())",
    );
    const records = [
      {
        email: 'both@example.com',
        externalId: 'both',
        phones: [{ number: '+14155552690' }],
        passwordHash: HASH,
      },
    ];
    const path = await newFile(records);
    expect((await run(path)).code).toBe(0);
    expect((await run(path, '--tenant', 'acme')).code).toBe(0);
    const started = await client.startSignIn({ identifier: 'both@example.com', tenant: 'acme' });
    expect((await client.attempt(started.id, { password: PASSWORD })).status).toBe('COMPLETE');
    expect(await run(path, '--tenant', 'nowhere')).toEqual({
      code: 2,
      stdout: '',
      stderr: 'Tenant nowhere does not exist. Create it with `npm run admin -- tenant nowhere --create`.\n',
    });
  });

  test('created while a batch is written is detected, and the other users are imported', async () => {
    const rival = new pg.Client({ connectionString: app.databaseUrl });
    await rival.connect();
    const userId = 'aaaaaaaa-0000-4000-8000-000000000001';
    await rival.query('begin');
    await rival.query(
      "insert into user_account (id, tenant_id, created_at, activated_at) values ($1, 'default', now(), now())",
      [userId],
    );
    await rival.query(
      "insert into email_address (id, tenant_id, user_id, address, created_at, verified_at) values ($1, 'default', $1, 'rival@example.com', now(), now())",
      [userId],
    );
    const path = await newFile([{ email: 'rival@example.com' }, { email: 'beside@example.com' }]);
    const importing = run(path);
    await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 10_000, interval: 10 });
    await rival.query('commit');
    await rival.end();
    expect((await importing).stdout).toContain('1 of 2 records imported, 1 refused');
    expect(await reportOf(path)).toMatchObject([{ record: 1, path: 'email' }]);
  });
});

/** The number of backends that wait for a transaction of another one. */
async function waiting(): Promise<number> {
  const rows = await query(
    app.databaseUrl,
    "select 1 from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock' and wait_event = 'transactionid'",
  );
  return rows.length;
}

describe('options of users import', () => {
  test('an unverified address or number is refused without --trust-unverified', async () => {
    const path = await newFile([
      { email: 'unverified@example.com', emailVerified: false, passwordHash: HASH },
      { email: 'number@example.com', phones: [{ number: '+14155552691', verified: false }] },
    ]);
    expect((await run(path)).code).toBe(1);
    expect((await reportOf(path)).map((one) => one.path)).toEqual(['email', 'phones.0.number']);
    expect((await run(path, '--trust-unverified')).code).toBe(0);
    await client.signIn({ email: 'unverified@example.com', password: PASSWORD });
  });

  test('a fast hash is refused without --accept-fast-hashes, and otherwise replaced at the next sign-in', async () => {
    const email = 'fast@example.com';
    const passwordHash = createHash('md5').update(PASSWORD).digest('hex');
    const path = await newFile([{ email, passwordHash }]);
    expect((await run(path)).code).toBe(1);
    const [refused] = await reportOf(path);
    expect(refused).toMatchObject({ path: 'passwordHash', reason: expect.stringContaining('md5') });
    expect(refused?.reason).not.toContain(passwordHash.slice(0, 8));
    expect((await run(path, '--accept-fast-hashes')).code).toBe(0);
    const stored = () =>
      query<{ secret: string }>(
        app.databaseUrl,
        'select a.secret from authenticator a join email_address e using (user_id) where e.address = $1',
        [email],
      );
    const [before] = await stored();
    expect(before?.secret).toMatch(/^\$stepgate-foreign\$[0-9a-f]{8}\.[\w-]+$/);
    expect(before?.secret).not.toContain(passwordHash);
    await client.signIn({ email, password: PASSWORD });
    expect((await stored())[0]?.secret).toMatch(/^\$stepgate-bcrypt\$/);
    await client.signIn({ email, password: PASSWORD });
  });

  test('--dry-run finds the same errors as an import, also duplicates in different batches, and changes no table', async () => {
    const many = Array.from({ length: 1200 }, (_, at) => ({
      email: `dry-${at}@example.com`,
      externalId: `dry-${at}`,
    }));
    const path = await newFile([
      ...many,
      { email: 'dry-7@example.com' },
      { email: 'x@example.com', externalId: 'dry-900' },
    ]);
    const before = await counts();
    expect(await run(path, '--dry-run')).toEqual({
      code: 1,
      stderr: '',
      stdout: `${path}: 1200 of 1202 records imported, 2 refused (dry run: nothing was changed).\nSee ${path}.refused.ndjson for the reason why each user was refused.\n`,
    });
    expect(await counts()).toEqual(before);
    const found = await reportOf(path);
    expect(found.map(({ record, path: place }) => [record, place])).toEqual([
      [1201, 'email'],
      [1202, 'externalId'],
    ]);
    expect((await run(path)).stdout).toContain('1200 of 1202 records imported, 2 refused.');
    expect(await reportOf(path)).toEqual(found);
  });
});

describe('importing the same file again', () => {
  test('reports the earlier import and imports nobody twice', async () => {
    const path = await newFile([{ email: 'once@example.com' }, { email: 'once@example.com' }]);
    expect((await run(path)).code).toBe(1);
    const before = await counts();
    const again = await run(path);
    expect(again.code).toBe(1);
    expect(again.stdout).toMatch(
      /^This file was already imported at .*: 1 of 2 records imported, 1 refused\. Nothing to do\.\n$/,
    );
    expect(await counts()).toEqual(before);
  });

  test('continues after a kill -9: nobody is imported twice or lost, and each refusal is reported once', async () => {
    const total = 2600;
    const blocked = 'kill-1700@example.com';
    const path = await newFile(
      Array.from({ length: total }, (_, at) =>
        at % 100 === 99 ? { emial: at } : { email: `kill-${at}@example.com` },
      ),
    );
    const rival = new pg.Client({ connectionString: app.databaseUrl });
    await rival.connect();
    await rival.query('begin');
    const userId = 'bbbbbbbb-0000-4000-8000-000000000001';
    await rival.query("insert into user_account (id, tenant_id, created_at) values ($1, 'default', now())", [
      userId,
    ]);
    await rival.query(
      "insert into email_address (id, tenant_id, user_id, address, created_at, verified_at) values ($1, 'default', $1, $2, now(), now())",
      [userId, blocked],
    );
    // The batch with that address waits for this transaction. The process is killed there.
    const first = spawn(process.execPath, ['src/cli/stepgate.ts', 'users', 'import', path], {
      env: { ...process.env, DATABASE_URL: app.databaseUrl },
      stdio: 'ignore',
    });
    await vi.waitFor(async () => expect(await waiting()).toBe(1), { timeout: 20_000, interval: 20 });
    first.kill('SIGKILL');
    await once(first, 'exit');
    await rival.query('rollback');
    await rival.end();
    const [authContext] = await query(
      app.databaseUrl,
      'select records, imported, refused from user_import where finished_at is null',
    );
    expect(authContext).toEqual({ records: 1500, imported: 1485, refused: 15 });
    // A dry run would overwrite the report of the finished part.
    expect((await run(path, '--dry-run')).stderr).toContain('has stopped after record 1500');

    const { stdout } = await run(path);
    expect(stdout).toBe(
      `Continuing after record 1500.\n${path}: 2574 of 2600 records imported, 26 refused.\nSee ${path}.refused.ndjson for the reason why each user was refused.\n`,
    );
    const [imported] = await query(
      app.databaseUrl,
      "select count(*) as all, count(distinct address) as each from email_address where address like 'kill-%'",
    );
    expect(imported).toEqual({ all: '2574', each: '2574' });
    expect((await reportOf(path)).map((one) => one.record)).toEqual(
      Array.from({ length: 26 }, (_, at) => at * 100 + 100),
    );
  });

  test('imports each user once when two processes run at the same time', async () => {
    const path = await newFile(
      Array.from({ length: 1000 }, (_, at) => ({ email: `pair-${at}@example.com` })),
    );
    const both = await Promise.all(
      [1, 2].map(() =>
        runCommand('src/cli/stepgate.ts', ['users', 'import', path], { DATABASE_URL: app.databaseUrl }),
      ),
    );
    const said = both.map((one) => one.stdout + one.stderr).toSorted();
    expect(said).toContainEqual(
      expect.stringContaining(`${path}: 1000 of 1000 records imported, 0 refused.\n`),
    );
    expect(said).toContainEqual(
      expect.stringMatching(/^This file was already imported at|^Another process is importing this file/),
    );
    const [imported] = await query(
      app.databaseUrl,
      "select count(*) as all from email_address where address like 'pair-%'",
    );
    expect(imported).toEqual({ all: '1000' });
  });
});

describe('users import exits with 2 when', () => {
  test.each([
    ['no file is given', [], /^Missing required argument 'FILE'\.\n\nUsage:/],
    ['the file does not exist', ['/nowhere/users.ndjson'], /^ENOENT: no such file/],
    ['the file extension is unknown', ['users.txt'], /--format ndjson\|csv\|json\.\n/],
    [
      'the source is unknown',
      ['users.csv', '--from', 'okta'],
      /--from .* Allowed choices are stepgate, clerk, /,
    ],
    [
      'the source has another format',
      ['users.ndjson', '--from', 'clerk'],
      /^Unsupported format: ndjson\. Expected csv\.\n/,
    ],
    ['an option is unknown', ['users.csv', '--force'], /^Unknown option '--force'\.\n[^]*Usage:/],
    [
      'the report is the file itself',
      ['users.csv', '--report', './users.csv'],
      /^--report names the import file itself\. Choose another path\.\n/,
    ],
    [
      'hash parameters are given for another source',
      ['users.csv', '--firebase-hash-config', 'x'],
      /^--firebase-hash-config requires --from firebase\.\n/,
    ],
  ])('%s', async (_what, args, message) => {
    const { code, stdout, stderr } = await stepgate(app.databaseUrl, 'import', ...args);
    expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
    expect(stderr).toMatch(message);
  });

  test('the report would overwrite a file that is not a report', async () => {
    const path = await newFile([{ emial: 1 }]);
    const precious = await newFile('something of mine\n', '.txt');
    const { code, stderr } = await run(path, '--report', precious);
    expect({ code, stderr }).toEqual({
      code: 2,
      stderr: `${precious} already exists and is not an import report. Choose another file with --report.\n`,
    });
    expect(await readFile(precious, 'utf8')).toBe('something of mine\n');
  });

  test('a CSV file has invalid quotes, and names the line', async () => {
    const path = await newFile('email,name\na1@example.com,x\na2@example.com,"y"z\n', '.csv');
    expect(await run(path)).toMatchObject({
      code: 2,
      stderr: expect.stringContaining('line 3: unexpected character after a closing quote'),
    });
  });
});

// What an operator does at the machine: the first administrator and what the role is good for, a locked account, the
// policy of a tenant.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, inject, test } from 'vitest';
import { admin as adminCommand } from '../../src/cli/admin.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { runHere } from '../harness/command.ts';
import { onServer, urlOf } from '../harness/database.ts';
import { query } from '../harness/sql.ts';

const USER = 'query ($id: ID!) { user(id: $id) { emailAddresses { address } } }';

let app: TestApp;
let client: TestClient;
let admin: Person;
let other: Person;
let otherId: string;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
  admin = await client.signUp('admin@example.com');
  other = await client.signUp('other@example.com');
  const { data } = await client.graphql('{ viewer { id } }', {}, other.accessToken);
  otherId = data.viewer.id;
});
afterAll(() => app[Symbol.asyncDispose]());

function run(...args: string[]) {
  return runHere(adminCommand, args, { DATABASE_URL: app.databaseUrl });
}

test('an operator grants the role, it counts in the sessions that there are, and still needs a fresh second factor', async () => {
  const before = await client.graphql(USER, { id: otherId }, admin.accessToken);
  expect(before.errors[0]?.extensions).toMatchObject({ code: 'FORBIDDEN', remedy: null });

  const { code, stdout } = await run('grant', 'ADMIN', 'Admin@example.com');
  expect({ code, stdout }).toEqual({ code: 0, stdout: 'admin@example.com is now ADMIN.\n' });
  const alone = await client.graphql(USER, { id: otherId }, admin.accessToken);
  expect(alone.errors[0]?.extensions.code).toBe('ENROLLMENT_REQUIRED');

  const { tokens } = await client.enrollTotp(admin.accessToken);
  const { data, errors } = await client.graphql(USER, { id: otherId }, tokens.accessToken);
  expect(errors).toEqual([]);
  expect(data.user).toEqual({ emailAddresses: [{ address: other.email }] });
  for (const id of ['00000000-0000-4000-8000-000000000000', 'no id at all']) {
    expect((await client.graphql(USER, { id }, tokens.accessToken)).data).toEqual({ user: null });
  }

  expect((await run('withdraw', 'ADMIN', 'admin@example.com')).code).toBe(0);
  const after = await client.graphql(USER, { id: otherId }, tokens.accessToken);
  expect(after.errors[0]?.extensions.code).toBe('FORBIDDEN');
  const audited = await query(
    app.databaseUrl,
    "select type, actor_kind from audit_event where type like 'role.%' order by occurred_at",
  );
  expect(audited).toEqual([
    { type: 'role.granted', actor_kind: 'OPERATOR' },
    { type: 'role.withdrawn', actor_kind: 'OPERATOR' },
  ]);
});

test('an operator lifts the lockout of an account, and the right password signs in again', async () => {
  const { email, password } = await client.signUp();
  const lockedAt = async (): Promise<string | undefined> => {
    for (let failures = 0; failures <= 10; failures += 5) {
      const { id } = await client.startSignIn({ identifier: email });
      for (let attempt = 0; attempt < 5; attempt += 1) {
        const { code } = await client.attempt(id, { password: 'another password' });
        if (code !== 'PROOF_REJECTED') return code;
      }
    }
    return undefined;
  };
  expect(await lockedAt()).toBe('LOCKED_OUT');
  const locked = await client.startSignIn({ identifier: email });
  expect((await client.attempt(locked.id, { password })).code).toBe('LOCKED_OUT');

  const { code, stdout } = await run('unlock', email.toUpperCase());
  expect({ code, stdout }).toEqual({ code: 0, stdout: `Every lockout of ${email} is lifted.\n` });
  expect((await client.attempt(locked.id, { password })).status).toBe('COMPLETE');
  const audited = await query(
    app.databaseUrl,
    "select actor_kind, actor_user_id, user_agent, ip from audit_event where type = 'user.unlocked'",
  );
  expect(audited).toEqual([
    { actor_kind: 'OPERATOR', actor_user_id: null, user_agent: 'admin command', ip: null },
  ]);
});

const SETTINGS =
  'query ($tenant: String) { settings(tenant: $tenant) { secondFactorPolicy firstFactors secondFactors } }';

test('an operator makes a tenant, and changes its policy while the server runs', async () => {
  const settings = async () => (await client.graphql(SETTINGS, { tenant: 'acme' })).data.settings;
  expect((await run('tenant', 'acme')).stderr).toBe('There is no tenant acme. Add --create to make it.\n');
  expect((await run('tenant', 'acme', '--sms', 'OFF')).code).toBe(1);
  expect(await query(app.databaseUrl, 'select id from tenant')).toEqual([{ id: 'default' }]);

  const made = await run('tenant', 'acme', '--create', '--second-factor', 'REQUIRED');
  expect(made).toEqual({
    code: 0,
    stdout: expect.stringMatching(/^Tenant acme: second factor REQUIRED, text messages SECOND_FACTOR\.\n/),
    stderr: '',
  });
  const before = await settings();
  expect(before.secondFactorPolicy).toBe('REQUIRED');
  expect(before.firstFactors).not.toContain('PHONE_CODE');
  expect(before.secondFactors).toContain('PHONE_CODE');
  expect((await run('tenant', 'acme', '--create')).stderr).toMatch(/^There is a tenant acme already\./);

  expect((await run('tenant', 'acme', '--sms', 'ANY_FACTOR')).code).toBe(0);
  const after = await settings();
  expect(after.secondFactorPolicy).toBe('REQUIRED');
  expect(after.firstFactors).toContain('PHONE_CODE');
  const { stdout } = await run('tenant', 'acme');
  expect(stdout).toMatch(/^Tenant acme: second factor REQUIRED, text messages ANY_FACTOR\.\n/);
  expect((await run('tenant', 'default')).stdout).toMatch(/^Tenant default: second factor OPTIONAL,/);

  const audited = await query(
    app.databaseUrl,
    "select type, actor_kind from audit_event where tenant_id = 'acme' order by occurred_at",
  );
  expect(audited).toEqual([
    { type: 'tenant.created', actor_kind: 'OPERATOR' },
    { type: 'tenant.changed', actor_kind: 'OPERATOR' },
  ]);
});

test('an operator settles what passwords must be like: a preset, and single settings that count more', async () => {
  const policy = async () =>
    (
      await client.graphql(
        '{ settings(tenant: "words") { passwordPolicy { minimumLength strength characters } } }',
      )
    ).data.settings.passwordPolicy;
  const made = await run('tenant', 'words', '--create', '--passwords', 'NIST');
  expect(made.stdout).toContain(
    'Passwords: 8 characters where a second factor is required, 15 otherwise; strength LOW; characters NONE.',
  );
  expect(await policy()).toEqual({ minimumLength: 15, strength: 'LOW', characters: [] });

  const strict = ['--password-length-alone', '20', '--password-strength', 'HIGH'];
  await run('tenant', 'words', '--passwords', 'NIST', ...strict, '--password-characters', 'DIGIT,SYMBOL');
  expect(await policy()).toEqual({ minimumLength: 20, strength: 'HIGH', characters: ['DIGIT', 'SYMBOL'] });
  await run('tenant', 'words', '--second-factor', 'REQUIRED', '--password-characters', 'NONE');
  expect(await policy()).toEqual({ minimumLength: 8, strength: 'HIGH', characters: [] });

  await run('tenant', 'words', '--second-factor', 'OPTIONAL', '--passwords', 'DEFAULT');
  expect(await policy()).toEqual({ minimumLength: 8, strength: 'LOW', characters: [] });
});

test('a command of another tenant finds nobody of this one', async () => {
  const { code, stderr } = await run('unlock', 'other@example.com', '--tenant', 'elsewhere');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'Nobody has proved the address other@example.com in tenant elsewhere.\n',
  });
});

test.each([
  ['no command', [], /^The command is missing\.\nUsage:\n/],
  [
    'a command that there is not',
    ['promote'],
    /^The command must be one of grant, withdraw, unlock, tenant\.\n/,
  ],
  ['a role that there is not', ['grant', 'KING', 'admin@example.com'], /^The role must be one of ADMIN\.\n/],
  ['a word that is missing', ['unlock'], /^EMAIL is missing\.\nUsage:\n/],
  ['a word too many', ['unlock', 'a@example.com', 'b@example.com'], /^b@example\.com is a word too many\.\n/],
  [
    'an option that there is not',
    ['grant', 'ADMIN', 'admin@example.com', '--force'],
    /^Unknown option '--force'\.\nUsage:/,
  ],
  [
    'an option of another command',
    ['unlock', 'a@example.com', '--sms', 'OFF'],
    /^Unknown option '--sms'\.\n/,
  ],
  [
    'a policy that there is not',
    ['tenant', 'default', '--sms', 'MAYBE'],
    /^--sms must be one of OFF, SECOND_FACTOR, ANY_FACTOR\.\n/,
  ],
  [
    'a length that is too short for anybody',
    ['tenant', 'default', '--password-length', '7'],
    /^--password-length must be a whole number from 8 to 64\.\n/,
  ],
  [
    'characters that there are not',
    ['tenant', 'default', '--password-characters', 'DIGIT,EMOJI'],
    /^Each of --password-characters must be one of LOWERCASE, UPPERCASE, DIGIT, SYMBOL\.\n/,
  ],
  ['a tenant of a wrong form', ['tenant', 'Acme Inc', '--create'], /^A tenant name has at most 63 /],
])('%s is refused before anything is opened, and the usage follows', async (_what, args, message) => {
  const nowhere = { DATABASE_URL: 'postgres://somebody@127.0.0.1:1/nowhere' };
  const { code, stdout, stderr } = await runHere(adminCommand, args, nowhere);
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).toContain('\n  npm run admin -- unlock EMAIL [--tenant NAME]\n');
});

test('a database that is not there, or not migrated, is named with what to do', async () => {
  const gone = await runHere(adminCommand, ['tenant', 'default'], {
    DATABASE_URL: 'postgres://somebody:a-secret-password@127.0.0.1:1/nowhere',
  });
  expect(gone.code).toBe(1);
  expect(gone.stderr).toMatch(
    /^PostgreSQL at 127\.0\.0\.1:1 does not let somebody use .* Check DATABASE_URL/,
  );
  expect(gone.stderr).not.toContain('a-secret-password');

  const name = `stepgate_${randomUUID().replaceAll('-', '')}`;
  const serverUrl = inject('databaseUrl');
  await onServer(serverUrl, `create database ${name}`);
  try {
    const empty = await runHere(adminCommand, ['tenant', 'default'], {
      DATABASE_URL: urlOf(serverUrl, name),
    });
    expect(empty.code).toBe(1);
    expect(empty.stderr).toMatch(
      /^The database lacks migrations\. Start the server, .*`npm run migrate`\.\n$/,
    );
  } finally {
    await onServer(serverUrl, `drop database if exists ${name} with (force)`);
  }
});

test('an operator chooses how long AAL2 lasts in a tenant', async () => {
  const { code, stdout } = await run('tenant', 'default', '--aal2-lifetime', '43200', '--aal2-idle', '1800');
  expect(code).toBe(0);
  expect(stdout).toContain('AAL2 lasts 43200 seconds, and 1800 without use.');
});

test.each([
  ['--aal2-lifetime', '299'],
  ['--aal2-idle', 'an hour'],
])('a limit of AAL2 that makes no sense is told: %s %s', async (...option) => {
  const { code, stderr } = await run('tenant', 'default', ...option);
  expect(code).toBe(1);
  expect(stderr).toContain(`${option[0]} must be a whole number of seconds from 300 to`);
});

// `stepgate admin`: roles, lockouts and tenant policies from the command line.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { runHere } from '../harness/command.ts';
import { databaseServer, onServer, urlOf } from '../harness/database.ts';
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
  return runHere(['admin', ...args], { DATABASE_URL: app.databaseUrl });
}

test('a granted role applies to existing sessions and still requires a fresh second factor', async () => {
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

test('after an operator lifts a lockout, the correct password signs in again', async () => {
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
  expect({ code, stdout }).toEqual({ code: 0, stdout: `All lockouts of ${email} have been lifted.\n` });
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

test('an operator creates a tenant and changes its policy while the server is running', async () => {
  const settings = async () => (await client.graphql(SETTINGS, { tenant: 'acme' })).data.settings;
  expect((await run('tenant', 'acme')).stderr).toBe(
    'Tenant acme does not exist. Add --create to create it.\n',
  );
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
  expect((await run('tenant', 'acme', '--create')).stderr).toMatch(/^Tenant acme already exists\./);

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

test('an operator lets users have no password, and lists the models whose passkeys they can add', async () => {
  const models = '2FC0579F-8113-47EA-B116-BB5A8DB9202A,ee882879-721c-4913-9775-3dfcce97072a';
  expect(
    (await run('tenant', 'keys', '--create', '--password', 'OPTIONAL', '--passkey-models', models)).stdout,
  ).toContain(`Password: OPTIONAL. Models of passkeys: ${models.toLowerCase()}.`);
  expect((await run('tenant', 'keys', '--passkey-models', 'yubikey')).code).toBe(2);
  expect((await run('tenant', 'keys', '--passkey-models', 'ANY')).stdout).toContain(
    'Models of passkeys: ANY.',
  );
});

test('an operator sets the password policy by preset, and single settings override the preset', async () => {
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

test('a command for one tenant does not find users of another tenant', async () => {
  const { code, stderr } = await run('unlock', 'other@example.com', '--tenant', 'elsewhere');
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: 'No user in tenant elsewhere has verified the address other@example.com.\n',
  });
});

test.each([
  ['no command', [], /^Usage: stepgate admin /],
  ['an unknown command', ['promote'], /^Unknown command 'promote'\.\n/],
  [
    'an unknown role',
    ['grant', 'KING', 'admin@example.com'],
    /value 'KING' is invalid.*Allowed choices are ADMIN\.\n/,
  ],
  ['a missing argument', ['unlock'], /^Missing required argument 'EMAIL'\.\n/],
  ['an extra argument', ['unlock', 'a@example.com', 'b@example.com'], /^Too many arguments for 'unlock'\./],
  ['an unknown option', ['grant', 'ADMIN', 'admin@example.com', '--force'], /^Unknown option '--force'\.\n/],
  [
    'an option of another command',
    ['unlock', 'a@example.com', '--sms', 'OFF'],
    /^Unknown option '--sms'\.\n/,
  ],
  [
    'an unknown policy value',
    ['tenant', 'default', '--sms', 'MAYBE'],
    /--sms .*Allowed choices are OFF, SECOND_FACTOR, ANY_FACTOR\.\n/,
  ],
  [
    'a minimum length that is too short',
    ['tenant', 'default', '--password-length', '7'],
    /--password-length .*It must be a whole number from 8 to 64\.\n/,
  ],
  [
    'an unknown character class',
    ['tenant', 'default', '--password-characters', 'DIGIT,EMOJI'],
    /--password-characters .*Each must be one of LOWERCASE, UPPERCASE, DIGIT, SYMBOL\.\n/,
  ],
  ['an invalid email address', ['unlock', 'jane'], /email address/],
  ['an invalid tenant name', ['tenant', 'Acme Inc', '--create'], /^A tenant name has at most 63 /],
])('%s is refused with a usage message before the database is opened', async (_what, args, message) => {
  const nowhere = { DATABASE_URL: 'postgres://somebody@127.0.0.1:1/nowhere' };
  const { code, stdout, stderr } = await runHere(['admin', ...args], nowhere);
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toMatch(message);
  expect(stderr).toContain('Usage: stepgate admin ');
});

test('for a database that is unreachable or not migrated, the error says what to do', async () => {
  const gone = await runHere(['admin', 'tenant', 'default'], {
    DATABASE_URL: 'postgres://somebody:a-secret-password@127.0.0.1:1/nowhere',
  });
  expect(gone.code).toBe(2);
  expect(gone.stderr).toMatch(
    /^Cannot use the database nowhere on 127\.0\.0\.1:1 as somebody .* Check DATABASE_URL/,
  );
  expect(gone.stderr).not.toContain('a-secret-password');

  const name = `stepgate_${randomUUID().replaceAll('-', '')}`;
  const { url: serverUrl } = await databaseServer();
  await onServer(serverUrl, `create database ${name}`);
  try {
    const empty = await runHere(['admin', 'tenant', 'default'], {
      DATABASE_URL: urlOf(serverUrl, name),
    });
    expect(empty.code).toBe(2);
    expect(empty.stderr).toMatch(
      /^The database schema is out of date\. Start the server, .*`npm run migrate`\.\n$/,
    );
  } finally {
    await onServer(serverUrl, `drop database if exists ${name} with (force)`);
  }
});

test('an operator sets how long AAL2 lasts in a tenant', async () => {
  const { code, stdout } = await run('tenant', 'default', '--aal2-lifetime', '43200', '--aal2-idle', '1800');
  expect(code).toBe(0);
  expect(stdout).toContain('AAL2 lasts 43200 seconds, or 1800 seconds without activity.');
});

test.each([
  ['--aal2-lifetime', '299'],
  ['--aal2-idle', 'an hour'],
])('an invalid AAL2 limit is refused: %s %s', async (...option) => {
  const { code, stderr } = await run('tenant', 'default', ...option);
  expect(code).toBe(2);
  expect(stderr).toContain(`Option '${option[0]} <SECONDS>'`);
  expect(stderr).toContain('It must be a whole number of seconds from 300 to');
});

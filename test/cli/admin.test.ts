// The first administrator, made by an operator, and what the role is good for.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { type Person, TestClient } from '../harness/client.ts';
import { runCommand } from '../harness/command.ts';
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
  return runCommand('src/cli/admin.ts', args, { DATABASE_URL: app.databaseUrl });
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
  const audited = await query<{ type: string }>(
    app.databaseUrl,
    "select type from audit_event where type like 'role.%' order by occurred_at",
  );
  expect(audited.map((one) => one.type)).toEqual(['role.granted', 'role.withdrawn']);
});

test.each([
  ['an address that nobody has proved', ['grant', 'ADMIN', 'nobody@example.com'], /Nobody has proved/],
  ['a role that there is not', ['grant', 'KING', 'admin@example.com'], /^Usage: /],
  ['no command', [], /^Usage: /],
  ['an option that there is not', ['grant', 'ADMIN', 'admin@example.com', '--force'], /^Usage: /],
])('%s is refused with what to do, and code 1', async (_what, args, message) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
});

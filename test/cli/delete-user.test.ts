// `stepgate users delete` and `users cancel-deletion`: what users can do themselves, for those who cannot.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { TestClient } from '../harness/client.ts';
import { runHere } from '../harness/command.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new TestClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

const run = (...args: string[]) => runHere(['users', ...args], { DATABASE_URL: app.databaseUrl });

async function person() {
  const tokens = await client.signUp();
  const { data } = await client.graphql('{ viewer { id } }', {}, tokens.accessToken);
  return { ...tokens, id: String(data.viewer.id) };
}

async function dueOf(id: string): Promise<Date | null> {
  const [row] = await query<{ due: Date | null }>(
    app.databaseUrl,
    'select deletion_due_at as due from user_account where id = $1',
    [id],
  );
  return row?.due ?? null;
}

test('an operator schedules a deletion by address and cancels it by id, and both are recorded and told', async () => {
  const { id, email, accessToken } = await person();
  const scheduled = await run('delete', email.toUpperCase());
  expect(scheduled.code).toBe(0);
  expect(scheduled.stdout).toContain('cancel-deletion');
  const due = await dueOf(id);
  expect((due?.getTime() ?? 0) - Date.now()).toBeGreaterThan(13.9 * 86_400_000);
  expect((await client.graphql('{ viewer { id } }', {}, accessToken)).errors[0]?.extensions.code).toBe(
    'UNAUTHENTICATED',
  );

  const cancelled = await run('cancel-deletion', id);
  expect(cancelled).toMatchObject({ code: 0, stdout: `The account of ${id} will not be deleted.\n` });
  expect(await dueOf(id)).toBeNull();
  const events = await query(
    app.databaseUrl,
    `select type, actor_kind, ip, user_agent from audit_event where user_id = $1 and type like 'user.%' order by occurred_at`,
    [id],
  );
  const operator = { actor_kind: 'OPERATOR', ip: null, user_agent: 'users command' };
  expect(events).toEqual([
    { type: 'user.deletion-scheduled', ...operator },
    { type: 'user.deletion-cancelled', ...operator },
  ]);
  const subjects = (await client.inbox()).filter(({ to }) => to === email).map(({ subject }) => subject);
  expect(subjects).toContain('Your account will be deleted');
  expect(subjects).toContain('Your account will not be deleted');
});

test('--now makes it due at once, also when it was scheduled before', async () => {
  const { id, email } = await person();
  await run('delete', email);
  const { code, stdout } = await run('delete', email, '--now');
  expect(code).toBe(0);
  expect(stdout).toContain('within the next minutes');
  expect((await dueOf(id))?.getTime()).toBeLessThanOrEqual(Date.now());
  // A later one does not take the time back.
  await run('delete', email);
  expect((await dueOf(id))?.getTime()).toBeLessThanOrEqual(Date.now());
});

test.each([
  ['an address that nobody has', ['delete', 'nobody@example.com'], 1, /No user in tenant default/],
  ['an unknown id', ['delete', '00000000-0000-4000-8000-000000000000'], 1, /has no user/],
  ['what is neither', ['delete', 'jane'], 2, /email/],
  ['an unknown tenant', ['cancel-deletion', 'jane@example.com', '--tenant', 'nowhere'], 2, /does not exist/],
  ['nobody', ['delete'], 2, /missing required argument/i],
])('%s is refused with what is wrong', async (_what, args, code, message) => {
  const outcome = await run(...args);
  expect(outcome.code).toBe(code);
  expect(outcome.stderr).toMatch(message);
});

test('a user of another tenant is not found by id', async () => {
  await query(app.databaseUrl, `insert into tenant (id, created_at) values ('acme', now())`);
  const { id } = await person();
  const { code, stderr } = await run('delete', id, '--tenant', 'acme');
  expect({ code, stderr }).toMatchObject({ code: 1, stderr: expect.stringContaining('has no user') });
  expect(await dueOf(id)).toBeNull();
});

test('the last administrator stays', async () => {
  const { id, email } = await person();
  await query(app.databaseUrl, `update user_account set roles = '["ADMIN"]' where id = $1`, [id]);
  const { code, stderr } = await run('delete', email, '--now');
  expect(code).toBe(1);
  expect(stderr).toContain('Appoint another one first');
  expect(await dueOf(id)).toBeNull();
});

test('an erasure that has begun is not cancelled', async () => {
  const { id } = await person();
  await run('delete', id, '--now');
  await query(app.databaseUrl, 'update user_account set erasing_at = now() where id = $1', [id]);
  const { code, stderr } = await run('cancel-deletion', id);
  expect(code).toBe(1);
  expect(stderr).toContain('being erased');
});

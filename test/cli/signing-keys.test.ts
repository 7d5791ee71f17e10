// `stepgate signing-keys`: the keys that sign access tokens.
import { afterAll, beforeAll, expect, test } from 'vitest';
import { signingKeys } from '../../src/cli/signing-keys.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { runCommand, runHere } from '../harness/command.ts';
import { query } from '../harness/sql.ts';

let app: TestApp;

beforeAll(async () => {
  app = await startTestApp();
});
afterAll(() => app[Symbol.asyncDispose]());

function run(...args: string[]) {
  return runHere(signingKeys, args, { DATABASE_URL: app.databaseUrl });
}

test('rotate refuses a second rotation at the same time, and the list shows when each key signs and retires', async () => {
  const environment = { DATABASE_URL: app.databaseUrl };
  const before = await runCommand('src/cli/stepgate.ts', ['signing-keys', 'list'], environment);
  expect(before).toMatchObject({ code: 0, stdout: expect.stringMatching(/^[\w-]{43} {2}signs\n$/) });
  const rotated = await run('rotate');
  expect(rotated.code).toBe(0);
  const [fresh = '', old = ''] = rotated.stdout.split('\n');
  expect(fresh).toMatch(/^[\w-]{43} {2}published, signs from \d{4}-\S+Z$/);
  expect(old).toMatch(/^[\w-]{43} {2}retires at \d{4}-\S+Z$/);
  const again = await run('rotate');
  expect(again.code).toBe(2);
  expect(again.stderr).toContain(
    `A rotation is already in progress: key ${fresh.slice(0, 43)} starts to sign at`,
  );
  const atOnce = await run('rotate', '--at-once');
  expect(atOnce.stdout.split('\n')[0]).toMatch(/^[\w-]{43} {2}signs$/);
  const events = await query(
    app.databaseUrl,
    `select actor_kind from audit_event where type = 'signing-key.rotated'`,
  );
  expect(events).toEqual([{ actor_kind: 'OPERATOR' }, { actor_kind: 'OPERATOR' }]);
});

test.each([[[]], [['forget']], [['list', '--at-once']], [['rotate', 'now']]])(
  'invalid arguments print the usage: %j',
  async (args) => {
    const { code, stderr } = await run(...args);
    expect(code).toBe(2);
    expect(stderr).toContain('stepgate signing-keys rotate [--at-once]');
  },
);

// The other commands: migrations, the tour in the terminal, and a start that is refused.
import { randomUUID } from 'node:crypto';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, describe, expect, inject, test } from 'vitest';
import { startTestApp, TEST_ENVIRONMENT } from '../harness/app.ts';
import { MachineClock } from '../harness/clock.ts';
import { type Outcome, runCommand } from '../harness/command.ts';
import { onServer, urlOf } from '../harness/database.ts';
import { query } from '../harness/sql.ts';

const serverUrl = inject('databaseUrl');
const name = `stepgate_${randomUUID().replaceAll('-', '')}`;

afterAll(() => onServer(serverUrl, `drop database if exists ${name} with (force)`));

test('three processes that migrate a new database at once all succeed, and one of them does the work', async () => {
  await onServer(serverUrl, `create database ${name}`);
  const DATABASE_URL = urlOf(serverUrl, name);
  const outcomes = await Promise.all(
    Array.from({ length: 3 }, () => runCommand('src/cli/migrate.ts', [], { DATABASE_URL })),
  );
  expect(outcomes.map((one) => ({ code: one.code, stderr: one.stderr }))).toEqual(
    Array.from({ length: 3 }, () => ({ code: 0, stderr: '' })),
  );
  expect(outcomes.filter((one) => one.stdout.startsWith('Applied: '))).toHaveLength(1);
  expect(await query(DATABASE_URL, 'select id from tenant')).toEqual([{ id: 'default' }]);
});

describe('on a clone whose server never ran, and without DATABASE_URL,', () => {
  const folders: string[] = [];
  afterAll(() => Promise.all(folders.map((folder) => rm(folder, { recursive: true, force: true }))));

  /** What is typed first, on an embedded PostgreSQL that is not there yet. */
  async function firstCommand(file: string, args: readonly string[]): Promise<Outcome> {
    const folder = await mkdtemp(join(tmpdir(), 'stepgate-clone-'));
    folders.push(folder);
    await chmod(folder, 0o755);
    return runCommand(file, args, { DATABASE_URL: '', DATA_DIR: join(folder, 'data') });
  }

  test('import-users imports', async () => {
    const { code, stdout, stderr } = await firstCommand('src/cli/stepgate.ts', [
      'import-users',
      'examples/moving/stepgate.csv',
    ]);
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('1 of 1 record imported, 0 refused.'),
    });
    expect(stderr).not.toContain('migrate');
  });

  test('migrate migrates', async () => {
    const { code, stdout, stderr } = await firstCommand('src/cli/migrate.ts', []);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Applied: /m);
  });

  test.each([
    ['admin', 'src/cli/admin.ts', ['tenant', 'default'], 'Tenant default: '],
    ['outbox', 'src/cli/outbox.ts', ['list'], 'No messages have failed or are waiting.'],
  ])('%s answers', async (_name, file, args, answer) => {
    const { code, stdout } = await firstCommand(file, args);
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(answer) });
  });
});

test('a database of the operator’s own is not migrated by a command in passing, and the advice works', async () => {
  const empty = `stepgate_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `create database ${empty}`);
  try {
    const DATABASE_URL = urlOf(serverUrl, empty);
    const refused = await runCommand('src/cli/admin.ts', ['tenant', 'default'], { DATABASE_URL });
    expect(refused).toMatchObject({ code: 1, stderr: expect.stringContaining('npm run migrate') });
    expect((await runCommand('src/cli/migrate.ts', [], { DATABASE_URL })).code).toBe(0);
    expect((await runCommand('src/cli/admin.ts', ['tenant', 'default'], { DATABASE_URL })).code).toBe(0);
  } finally {
    await onServer(serverUrl, `drop database if exists ${empty} with (force)`);
  }
});

test('a migration of a database that is not there ends in a sentence', async () => {
  const { code, stderr } = await runCommand('src/cli/migrate.ts', [], {
    DATABASE_URL: 'postgres://somebody:a-secret-password@127.0.0.1:1/nowhere',
  });
  expect({ code, stderr }).toEqual({
    code: 1,
    stderr: expect.stringMatching(/^Cannot use the database nowhere on 127\.0\.0\.1:1 as somebody/),
  });
  expect(stderr).not.toContain('a-secret-password');
});

test('the demo plays the whole tour against a running server', async () => {
  const app = await startTestApp({}, undefined, new MachineClock());
  try {
    const { code, stdout, stderr } = await runCommand('src/cli/demo.ts', [app.url]);
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    const outcomes = stdout.matchAll(/"(?:code|status)": "(\w+)"/g);
    expect(new Set([...outcomes].map(([, outcome]) => outcome))).toEqual(
      new Set([
        'NEEDS_PROOF',
        'NEEDS_FIRST_FACTOR',
        'NEEDS_SECOND_FACTOR',
        'NEEDS_ENROLLMENT',
        'NEEDS_NEW_PASSWORD',
        'COMPLETE',
        'ENROLLMENT_REQUIRED',
        'STEP_UP_REQUIRED',
        'UNAUTHENTICATED',
        'NEW_PASSWORD_NOT_DUE',
        'PROOF_REJECTED',
      ]),
    );
  } finally {
    await app[Symbol.asyncDispose]();
  }
});

test('production does not start on development defaults, and says what is missing', async () => {
  const { code, stdout, stderr } = await runCommand('src/main.ts', [], {
    NODE_ENV: 'production',
    DATABASE_URL: '',
    PORT: 'http',
  });
  expect({ code, stdout }).toEqual({ code: 1, stdout: '' });
  expect(stderr).toContain('PORT must be a whole number from 0 to 65535.');
  const complete = await runCommand('src/main.ts', [], { NODE_ENV: 'production', DATABASE_URL: '' });
  expect(complete.code).toBe(1);
  for (const variable of ['DATABASE_URL', 'PUBLIC_URL', 'SECRET_KEYS', 'SMTP_URL', 'MAIL_FROM']) {
    expect(complete.stderr).toContain(`${variable} must be set in production`);
  }
});

test('a port that is taken ends the start with what to do, and nothing stays open', async () => {
  const app = await startTestApp();
  try {
    const { code, stderr } = await runCommand('src/main.ts', [], {
      ...TEST_ENVIRONMENT,
      DATABASE_URL: app.databaseUrl,
      PORT: new URL(app.url).port,
    });
    expect(code).toBe(1);
    expect(stderr).toMatch(
      /^Port \d+ on 127\.0\.0\.1 is already in use\. Stop the other program, or set PORT or HOST to another value\.\n$/,
    );
  } finally {
    await app[Symbol.asyncDispose]();
  }
});

test('a database of places that is not there ends the start with what is wanted', async () => {
  const app = await startTestApp();
  try {
    const { code, stderr } = await runCommand('src/main.ts', [], {
      ...TEST_ENVIRONMENT,
      DATABASE_URL: app.databaseUrl,
      GEOIP_DATABASE: '/nowhere/city.mmdb',
    });
    expect(code).toBe(1);
    expect(stderr).toBe(
      'Cannot read the file that GEOIP_DATABASE names (ENOENT). It must be a MaxMind database such as GeoLite2-City.mmdb.\n',
    );
  } finally {
    await app[Symbol.asyncDispose]();
  }
});

test('a database that is not there ends the start with what to check, and without its password', async () => {
  const DATABASE_URL = 'postgres://somebody:a-secret-password@127.0.0.1:1/nowhere';
  const { code, stderr } = await runCommand('src/main.ts', [], { ...TEST_ENVIRONMENT, DATABASE_URL });
  expect(code).toBe(1);
  expect(stderr).toBe(
    'Cannot use the database nowhere on 127.0.0.1:1 as somebody (ECONNREFUSED). Check DATABASE_URL, and check that the server is running and accepts writes.\n',
  );
});

// The commands as processes: migrations, the demo, and servers that refuse to start.
import { execFile } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startEmbeddedPostgres } from '../../src/embedded-postgres/start.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { MachineClock } from '../harness/clock.ts';
import { type Outcome, runCommand, runHere } from '../harness/command.ts';
import { databaseServer, onServer, urlOf } from '../harness/database.ts';
import { freePort } from '../harness/free-port.ts';
import { query } from '../harness/sql.ts';

const { url: serverUrl } = await databaseServer();

test('a command does not migrate an external database; of three parallel `migrate` runs all succeed, and one applies the migrations', async () => {
  const name = `stepgate_${randomUUID().replaceAll('-', '')}`;
  await onServer(serverUrl, `create database ${name}`);
  try {
    const DATABASE_URL = urlOf(serverUrl, name);
    const tenant = (): Promise<Outcome> => runHere(['admin', 'tenant', 'default'], { DATABASE_URL });
    expect(await tenant()).toMatchObject({ code: 2, stderr: expect.stringContaining('npm run migrate') });
    const outcomes = await Promise.all(
      Array.from({ length: 3 }, () => runCommand('src/cli/stepgate.ts', ['migrate'], { DATABASE_URL })),
    );
    expect(outcomes.map((one) => ({ code: one.code, stderr: one.stderr }))).toEqual(
      Array.from({ length: 3 }, () => ({ code: 0, stderr: '' })),
    );
    expect(outcomes.filter((one) => one.stdout.startsWith('Applied: '))).toHaveLength(1);
    expect(await query(DATABASE_URL, 'select id from tenant')).toEqual([{ id: 'default' }]);
    expect((await tenant()).code).toBe(0);
  } finally {
    await onServer(serverUrl, `drop database if exists ${name} with (force)`);
  }
});

describe('before the first start of a server, without DATABASE_URL,', () => {
  let clone: string;
  beforeAll(async () => {
    clone = await mkdtemp(join(tmpdir(), 'stepgate-clone-'));
    await chmod(clone, 0o755);
  });
  afterAll(() => rm(clone, { recursive: true, force: true }));

  const environmentIn = (folder: string) => ({ DATABASE_URL: '', DATA_DIR: join(clone, folder) });

  /** Copies an empty cluster, which is faster than initializing one for each test. */
  async function emptyCluster(folder: string): Promise<void> {
    const empty = join(clone, 'empty');
    if (!existsSync(empty)) {
      await (await startEmbeddedPostgres({ dataDir: empty, durable: false, log: () => {} })).stop();
    }
    await promisify(execFile)('cp', ['-a', empty, join(clone, folder)]); // keeps the owner, unlike cp() of node:fs
  }

  test('users import creates the database and imports', async () => {
    const { code, stdout, stderr } = await runCommand(
      'src/cli/stepgate.ts',
      ['users', 'import', 'examples/moving/stepgate.csv'],
      environmentIn('import-users'),
    );
    expect({ code, stdout }).toEqual({
      code: 0,
      stdout: expect.stringContaining('1 of 1 record imported, 0 refused.'),
    });
    expect(stderr).not.toContain('migrate');
  });

  test('migrate creates the schema', async () => {
    await emptyCluster('migrate');
    const { code, stdout, stderr } = await runCommand(
      'src/cli/stepgate.ts',
      ['migrate'],
      environmentIn('migrate'),
    );
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^Applied: /m);
  });

  test.each([
    ['admin', ['tenant', 'default'], 'Tenant default: '],
    ['outbox', ['list'], 'No messages have failed or are waiting.'],
  ])('%s works', async (name, args, answer) => {
    await emptyCluster(name);
    const { code, stdout } = await runHere([name, ...args], environmentIn(name));
    expect({ code, stdout }).toEqual({ code: 0, stdout: expect.stringContaining(answer) });
  });
});

test('migrate names an unreachable database in one line, without its password', async () => {
  const { code, stderr } = await runCommand('src/cli/stepgate.ts', ['migrate'], {
    DATABASE_URL: 'postgres://somebody:a-secret-password@127.0.0.1:1/nowhere',
  });
  expect({ code, stderr }).toEqual({
    code: 2,
    stderr: expect.stringMatching(/^Cannot use the database nowhere on 127\.0\.0\.1:1 as somebody/),
  });
  expect(stderr).not.toContain('a-secret-password');
});

describe('while a server is running', () => {
  let app: TestApp;
  let EXAMPLE_PROVIDER: string;
  let DATA_DIR: string;
  beforeAll(async () => {
    EXAMPLE_PROVIDER = `http://localhost:${await freePort()}`;
    DATA_DIR = await mkdtemp(join(tmpdir(), 'stepgate-demo-'));
    const development = { EXAMPLE_PROVIDER, DATA_DIR, DEVELOPMENT_TLS_PORT: '0' };
    app = await startTestApp(development, undefined, new MachineClock());
  });
  afterAll(async () => {
    await app[Symbol.asyncDispose]();
    await rm(DATA_DIR, { recursive: true, force: true });
  });

  test('the demo plays the whole tour', async () => {
    const { code, stdout, stderr } = await runCommand('src/cli/demo.ts', [app.url], {
      PUBLIC_URL: TEST_ENVIRONMENT.PUBLIC_URL,
      EXAMPLE_PROVIDER,
      DEVELOPMENT_TLS_PORT: new URL(app.app.secureUrl ?? '').port,
    });
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
        'DEVICE_NOT_APPROVED',
        'WORKFLOW_ENDED',
        'PROVIDER_UNAVAILABLE',
        'CERTIFICATE_REFUSED',
      ]),
    );
  });

  test('the demo leaves out what the server does not offer, and says so', async () => {
    await using without = await startTestApp({}, undefined, new MachineClock());
    const { code, stdout, stderr } = await runCommand('src/cli/demo.ts', [without.url], {
      PUBLIC_URL: TEST_ENVIRONMENT.PUBLIC_URL,
    });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toContain('this server does not offer the example provider.');
    expect(stdout).toContain('this server has no certificates for development.');
  });

  test('a second server on the same port exits, and says what to do', async () => {
    const { code, stderr } = await runCommand('src/main.ts', [], {
      ...TEST_ENVIRONMENT,
      DATABASE_URL: app.databaseUrl,
      PORT: new URL(app.url).port,
    });
    expect(code).toBe(2);
    expect(stderr).toMatch(
      /^Port \d+ on 127\.0\.0\.1 is already in use\. Stop the other program, or set PORT or HOST to another value\.\n$/,
    );
  });

  test('a server with an unreadable GeoIP database exits, and says which file it needs', async () => {
    const { code, stderr } = await runCommand('src/main.ts', [], {
      ...TEST_ENVIRONMENT,
      DATABASE_URL: app.databaseUrl,
      GEOIP_DATABASE: '/nowhere/city.mmdb',
    });
    expect(code).toBe(2);
    expect(stderr).toBe(
      'Cannot read the file that GEOIP_DATABASE names (ENOENT). It must be a MaxMind database such as GeoLite2-City.mmdb.\n',
    );
  });
});

test('in production, a server does not start with development defaults, and lists every missing or invalid variable', async () => {
  const { code, stdout, stderr } = await runCommand('src/main.ts', [], {
    NODE_ENV: 'production',
    DATABASE_URL: '',
    PORT: 'http',
  });
  expect({ code, stdout }).toEqual({ code: 2, stdout: '' });
  expect(stderr).toContain('PORT must be a whole number from 0 to 65535.');
  for (const variable of ['DATABASE_URL', 'PUBLIC_URL', 'SECRET_KEYS', 'SMTP_URL', 'MAIL_FROM']) {
    expect(stderr).toContain(`${variable} must be set in production`);
  }
});

test('a server that cannot reach its database exits, says what to check, and does not print the password', async () => {
  const DATABASE_URL = 'postgres://somebody:a-secret-password@127.0.0.1:1/nowhere';
  const { code, stderr } = await runCommand('src/main.ts', [], { ...TEST_ENVIRONMENT, DATABASE_URL });
  expect(code).toBe(2);
  expect(stderr).toBe(
    'Cannot use the database nowhere on 127.0.0.1:1 as somebody (ECONNREFUSED). Check DATABASE_URL, and check that the server is running and accepts writes.\n',
  );
});

test('`stepgate serve` refuses an invalid configuration like the server, with exit code 2', async () => {
  const { code, stdout, stderr } = await runCommand('src/cli/stepgate.ts', ['serve'], { PORT: 'http' });
  expect({ code, stdout, stderr }).toEqual({
    code: 2,
    stdout: '',
    stderr: 'Invalid configuration:\n  - PORT must be a whole number from 0 to 65535.\n',
  });
});

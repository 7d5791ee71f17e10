// Every connection sets the options that the program relies on, whatever the defaults of the database, role or server.
import { afterEach, beforeEach, describe, expect, test } from 'vitest';
import { FOR_COMMANDS, FOR_REQUESTS, openClient, openPool } from '../../src/persistence/connection.ts';
import { tryExclusive } from '../../src/persistence/exclusive.ts';
import { openOrm, poolOf, sqlOf } from '../../src/persistence/orm.ts';
import { startTestApp, testDatabase } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { databaseServer, onServer } from '../harness/database.ts';
import { query } from '../harness/sql.ts';

let database: Awaited<ReturnType<typeof testDatabase>>;

beforeEach(async () => {
  database = await testDatabase();
});
afterEach(() => database.drop());

async function setDatabase(setting: string): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  await onServer((await databaseServer()).url, `alter database ${name} set ${setting}`);
}

describe('with German dates in the database,', () => {
  beforeEach(async () => {
    await setDatabase(`datestyle to 'German, DMY'`);
    await setDatabase(`timezone to 'Asia/Kathmandu'`);
  });

  test('a workflow past its deadline has expired', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    const { email } = await client.signUp();
    const { id } = await client.startPasswordReset({ identifier: email });
    await client.prepare(id, 'EMAIL_CODE');
    const emailCode = await client.codeFor(email);
    app.clock.advance(7200);
    expect(await client.attempt(id, { emailCode })).toMatchObject({ code: 'WORKFLOW_EXPIRED' });
  });

  test('times are parsed and returned correctly', async () => {
    await using app = await startTestApp({}, database.url);
    const client = new TestClient(app);
    const { accessToken } = await client.signUp();
    const { data, errors } = await client.graphql(
      '{ viewer { sessions { createdAt idleExpiresAt } } }',
      {},
      accessToken,
    );
    expect(errors).toEqual([]);
    const [session] = data.viewer.sessions;
    expect(Math.abs(Date.parse(session.createdAt) - app.clock.now().getTime())).toBeLessThan(60_000);
  });
});

test('with REPEATABLE READ as the default, concurrent sign-ins of one user all succeed', async () => {
  await setDatabase(`default_transaction_isolation to 'repeatable read'`);
  await using app = await startTestApp({}, database.url);
  const client = new TestClient(app);
  const { email } = await client.signUp();
  // The most that can run before the attempts counted in advance cause a lockout.
  const SIDE_BY_SIDE = 9;
  for (const _round of [1, 2]) {
    const started = await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, () => client.startSignIn({ identifier: email })),
    );
    const steps = await Promise.all(started.map(({ id }) => client.attempt(id, { password: PASSWORD })));
    expect(steps.map((step) => step.status)).toEqual(Array(SIDE_BY_SIDE).fill('COMPLETE'));
  }
});

describe('every kind of connection', () => {
  const ASKED = `select current_setting('datestyle') as datestyle, current_setting('timezone') as timezone,
    current_setting('default_transaction_isolation') as isolation, current_setting('statement_timeout') as statement,
    current_setting('lock_timeout') as lock, current_setting('idle_in_transaction_session_timeout') as idle`;
  const OURS = { datestyle: 'ISO, YMD', timezone: 'UTC', isolation: 'read committed' };
  const HURRIED = { ...OURS, statement: '10s', lock: '5s', idle: '30s' };
  const PATIENT = { ...OURS, statement: '0', lock: '0', idle: '0' };

  beforeEach(async () => {
    for (const setting of [
      `datestyle to 'SQL, DMY'`,
      `timezone to 'Asia/Kathmandu'`,
      `default_transaction_isolation to 'serializable'`,
      'statement_timeout to 12345',
      'lock_timeout to 12345',
      'idle_in_transaction_session_timeout to 12345',
    ])
      await setDatabase(setting);
  });

  test('sets date style, time zone, isolation level and timeouts', async () => {
    await using opened = new AsyncDisposableStack();
    const orm = await openOrm(database.url);
    opened.defer(() => orm.close());
    expect((await (await poolOf(orm)).query(ASKED)).rows).toEqual([HURRIED]);
    const pool = openPool(database.url, 'worker', FOR_REQUESTS);
    opened.defer(() => pool.end());
    expect((await pool.query(ASKED)).rows).toEqual([HURRIED]);
    const commands = await openOrm(database.url, 'command', FOR_COMMANDS);
    opened.defer(() => commands.close());
    expect((await (await poolOf(commands)).query(ASKED)).rows).toEqual([PATIENT]);
    const client = await openClient(database.url, 'migration');
    opened.defer(() => client.end());
    expect((await client.query(ASKED)).rows).toEqual([PATIENT]);
  });

  test('sets application_name to its part of Stepgate', async () => {
    await using app = await startTestApp({}, database.url);
    await new TestClient(app).signUp();
    await using lock = await tryExclusive(database.url, 'a test');
    expect(lock).not.toBeNull();
    const connected = await query<{ application_name: string }>(
      database.url,
      `select distinct application_name from pg_stat_activity
       where datname = current_database() and pid <> pg_backend_pid() order by 1`,
    );
    expect(connected.map((one) => one.application_name)).toEqual([
      'stepgate lock',
      'stepgate server',
      'stepgate worker',
    ]);
  });
});

test('an invalid stored time is an error, not a deadline that never passes', async () => {
  const orm = await openOrm(database.url);
  try {
    const sql = sqlOf(orm.em.fork());
    await query(
      database.url,
      `insert into lockout (subject, counter, failures, locked_until, updated_at)
       values ('x', 'CODE', 99, 'infinity', now())`,
    );
    await expect(sql.selectFrom('lockout').select('locked_until').execute()).rejects.toThrow(RangeError);
  } finally {
    await orm.close();
  }
});

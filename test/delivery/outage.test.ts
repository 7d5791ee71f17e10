// Waiting messages survive everything: an unavailable or hanging mail server, a restart, a change of the configuration.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { databaseServer, onServer } from '../harness/database.ts';
import { query } from '../harness/sql.ts';
import { deadPort, MailServer, SilentServer } from './mail-server.ts';
import { failedTries, jobs, queueIsEmpty, retryNow, until } from './queue.ts';

const JANE = 'jane@example.com';

let database: { url: string; drop: () => Promise<void> };
let running: Set<TestApp>;

beforeEach(async () => {
  database = await testDatabase();
  running = new Set();
});
afterEach(async () => {
  for (const app of running) await stop(app);
  await database.drop();
});

async function start(smtpUrl: string | null): Promise<{ app: TestApp; client: TestClient }> {
  const app = await startTestApp(smtpUrl === null ? {} : { SMTP_URL: smtpUrl }, database.url);
  running.add(app);
  return { app, client: new TestClient(app) };
}

async function stop(app: TestApp): Promise<void> {
  running.delete(app);
  await app[Symbol.asyncDispose]();
}

/** The code in the only mail that arrives. */
async function arrived(server: MailServer): Promise<string> {
  await until(() => expect(server.mails).toHaveLength(1));
  await queueIsEmpty(database.url);
  expect(server.mails).toHaveLength(1);
  return /\b\d{6}\b/.exec(server.mails[0]?.email.text ?? '')?.[0] ?? '';
}

test('a mail server gets a message after its outage, even from another process', async () => {
  const port = await deadPort();
  const before = await start(`smtp://127.0.0.1:${port}`);
  const { id } = await before.client.startSignUp({ email: JANE, password: PASSWORD });
  await failedTries(database.url, 1);
  expect((await jobs(database.url))[0]?.last_error).toMatch(/did not accept the message: E[A-Z]+\.$/);
  expect(before.app.log.filter((line) => line.includes(JANE))).toEqual([]);
  await stop(before.app);

  await using server = await MailServer.start(port);
  const after = await start(server.url);
  await retryNow(database.url);
  const code = await arrived(server);
  expect((await after.client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
});

test('after an outage of the mail server, only the newest code is sent, not the codes that it replaced', async () => {
  const port = await deadPort();
  const { app, client } = await start(`smtp://127.0.0.1:${port}`);
  const { id } = await client.startSignUp({ email: JANE, password: PASSWORD });
  await failedTries(database.url, 1);
  app.clock.advance(31);
  await client.prepare(id, 'EMAIL_CODE');
  app.clock.advance(31);
  await client.prepare(id, 'EMAIL_CODE');

  await using server = await MailServer.start(port);
  await until(async () => {
    await retryNow(database.url);
    expect(server.mails.length).toBeGreaterThan(0);
  });
  const code = await arrived(server);
  expect((await client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
});

test('a mail server that accepts the connection and never replies is given up after a timeout', async () => {
  let port: number;
  {
    await using silent = await SilentServer.start();
    ({ port } = silent);
    const { client } = await start(`smtp://127.0.0.1:${port}?greetingTimeout=1000`);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await failedTries(database.url, 1);
  }
  expect((await jobs(database.url))[0]?.last_error).toBe(
    'The mail server did not accept the message: ETIMEDOUT.',
  );
  await using server = await MailServer.start(port);
  await retryNow(database.url);
  await arrived(server);
});

test('a stopping server does not wait for a hanging mail server, and loses nothing', async () => {
  await using silent = await SilentServer.start();
  const before = await start(silent.patientUrl);
  await before.client.startSignUp({ email: JANE, password: PASSWORD });
  await until(() => expect(silent.connections).toBe(1));
  await stop(before.app);
  // The job was returned to the queue. If it were still locked, it would wait for hours.
  const last_error = expect.stringContaining('did not accept the message');
  expect(await jobs(database.url)).toMatchObject([{ attempts: 1, last_error, locked_at: null }]);

  await using server = await MailServer.start();
  await start(server.url);
  await retryNow(database.url);
  await arrived(server);
});

test('a server without SMTP_URL keeps the message for a server that has it', async () => {
  const before = await start(`smtp://127.0.0.1:${await deadPort()}`);
  await before.client.startSignUp({ email: JANE, password: PASSWORD });
  await failedTries(database.url, 1);
  await stop(before.app);

  const without = await start(null);
  await retryNow(database.url);
  await failedTries(database.url, 2);
  expect((await jobs(database.url))[0]?.last_error).toBe('No transport for email is configured.');
  expect(await without.client.codeFor(JANE)).toMatch(/^\d{6}$/);
  await stop(without.app);

  await using server = await MailServer.start();
  await start(server.url);
  await retryNow(database.url);
  await arrived(server);
});

test('the queue recovers from a database outage during a delivery', async () => {
  await using silent = await SilentServer.start();
  const { app, client } = await start(`smtp://127.0.0.1:${silent.port}?greetingTimeout=1000`);
  await client.startSignUp({ email: JANE, password: PASSWORD });
  await until(() => expect(silent.connections).toBe(1));
  await withoutDatabase(() =>
    // The try has failed, but that could not be recorded.
    until(() => expect(app.log.some((line) => line.includes('the queue stopped unexpectedly'))).toBe(true)),
  );
  // Eventually, the job would count as abandoned.
  await until(async () => expect(await jobs(database.url)).toMatchObject([{ attempts: 1 }]));
  await query(
    database.url,
    `update graphile_worker._private_jobs set locked_at = now() - interval '3 minutes'`,
  );
  await query(database.url, `select graphile_worker.add_job('free-abandoned-jobs')`);
  await until(() => expect(silent.connections).toBe(2));
});

test('a message whose worker was killed is released after two minutes, and not before', async () => {
  const { app, client } = await start(`smtp://127.0.0.1:${await deadPort()}`);
  await client.startSignUp({ email: JANE, password: PASSWORD });
  await failedTries(database.url, 1);
  const abandon = (ago: string) =>
    query(
      database.url,
      `update graphile_worker._private_jobs
       set locked_by = 'a worker that was killed', locked_at = now() - interval '${ago}', run_at = now()`,
    );
  const seek = () =>
    query(database.url, `select graphile_worker.add_job('free-abandoned-jobs', job_key := 'now')`);

  await abandon('100 seconds');
  await seek();
  await until(async () =>
    expect(await jobs(database.url)).toMatchObject([{ attempts: 1, locked_at: expect.any(Date) }]),
  );
  expect(app.log.filter((line) => line.includes('a worker that died'))).toEqual([]);

  await abandon('121 seconds');
  await seek();
  await failedTries(database.url, 2);
  expect(app.log.some((line) => line.includes('"level":40') && line.includes('a worker that died'))).toBe(
    true,
  );
});

test('a job that failed its last try is deleted after one day, and not before', async () => {
  const { client } = await start(`smtp://127.0.0.1:${await deadPort()}`);
  await client.startSignUp({ email: JANE, password: PASSWORD });
  await failedTries(database.url, 1);
  const lastTried = (ago: string, maxAttempts: number) =>
    query(
      database.url,
      `update graphile_worker._private_jobs set max_attempts = ${maxAttempts}, run_at = now() + interval '1 hour',
       updated_at = now() - interval '${ago}'`,
    );
  const applyRetention = async (): Promise<void> => {
    await query(database.url, `select graphile_worker.add_job('clear-away')`);
    await until(async () =>
      expect(
        await query(database.url, `select 1 from graphile_worker.jobs where task_identifier = 'clear-away'`),
      ).toEqual([]),
    );
  };
  await lastTried('25 hours', 25);
  await applyRetention();
  await lastTried('23 hours', 1);
  await applyRetention();
  expect(await jobs(database.url)).toHaveLength(1);
  await lastTried('25 hours', 1);
  await applyRetention();
  expect(await jobs(database.url)).toEqual([]);
});

/** Makes the database refuse new connections and end existing ones. */
async function withoutDatabase(work: () => Promise<void>): Promise<void> {
  const name = new URL(database.url).pathname.slice(1);
  const { url: serverUrl } = await databaseServer();
  await onServer(serverUrl, `alter database ${name} with allow_connections false`);
  try {
    const ended = `select pg_terminate_backend(pid) from pg_stat_activity where datname = '${name}'`;
    await onServer(serverUrl, ended);
    await work();
  } finally {
    await onServer(serverUrl, `alter database ${name} with allow_connections true`);
  }
}

// What waits outlives everything: a mail server that is away or hangs, a restart, a change of the configuration.
import { afterEach, beforeEach, expect, test } from 'vitest';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
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

/** The code in the one mail that arrives. */
async function arrived(server: MailServer): Promise<string> {
  await until(() => expect(server.mails).toHaveLength(1));
  await queueIsEmpty(database.url);
  expect(server.mails).toHaveLength(1);
  return /\b\d{6}\b/.exec(server.mails[0]?.email.text ?? '')?.[0] ?? '';
}

test('a mail server that is away gets the message when it is back, also from another process', async () => {
  const port = await deadPort();
  const before = await start(`smtp://127.0.0.1:${port}`);
  const { id } = await before.client.startSignUp({ email: JANE, password: PASSWORD });
  await failedTries(database.url, 1);
  expect((await jobs(database.url))[0]?.last_error).toMatch(/did not take a message: E[A-Z]+\.$/);
  expect(before.app.log.filter((line) => line.includes(JANE))).toEqual([]);
  await stop(before.app);

  await using server = await MailServer.start(port);
  const after = await start(server.url);
  await retryNow(database.url);
  const code = await arrived(server);
  expect((await after.client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
});

test('a mail server that takes the connection and says nothing is left in time', async () => {
  let port: number;
  {
    await using silent = await SilentServer.start();
    ({ port } = silent);
    const { client } = await start(`smtp://127.0.0.1:${port}?greetingTimeout=1000`);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await failedTries(database.url, 1);
  }
  expect((await jobs(database.url))[0]?.last_error).toBe(
    'The mail server did not take a message: ETIMEDOUT.',
  );
  await using server = await MailServer.start(port);
  await retryNow(database.url);
  await arrived(server);
});

test('a server that is told to stop does not wait for a mail server that hangs, and loses nothing', async () => {
  await using silent = await SilentServer.start();
  const before = await start(silent.patientUrl);
  await before.client.startSignUp({ email: JANE, password: PASSWORD });
  await until(() => expect(silent.connections).toBe(1));
  await stop(before.app);
  // Given back to the queue: a job that stayed locked would wait for hours.
  const last_error = expect.stringContaining('did not take a message');
  expect(await jobs(database.url)).toMatchObject([{ attempts: 1, last_error, locked_at: null }]);

  await using server = await MailServer.start();
  await start(server.url);
  await retryNow(database.url);
  await arrived(server);
});

test('a server without SMTP_URL keeps the message for one that has it', async () => {
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

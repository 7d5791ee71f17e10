// A server that dies after the mail server has accepted a message and before that is recorded. The message is sent again,
// and the recipient can recognize the duplicate.
import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { afterEach, expect, test } from 'vitest';
import { startTestApp, TEST_ENVIRONMENT, testDatabase } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { MailServer } from './mail-server.ts';
import { jobs, messages, queueIsEmpty, until } from './queue.ts';

let server: ChildProcess | null = null;

afterEach(() => server?.kill('SIGKILL'));

/** Starts the server in a process that can be killed. @returns its URL. */
async function startProcess(environment: Readonly<Record<string, string>>): Promise<string> {
  const child = spawn(process.execPath, ['src/main.ts'], {
    env: { ...process.env, ...TEST_ENVIRONMENT, LOG_LEVEL: 'silent', ...environment },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  server = child;
  let said = '';
  for await (const chunk of child.stdout) {
    said += String(chunk);
    const url = /(http:\S+)\/graphql/.exec(said)?.[1];
    if (url !== undefined) return url;
  }
  throw new Error('The server did not start.');
}

test('a server that is killed after the mail server accepted a message sends the same message again, and nothing is lost', async () => {
  await using mailServer = await MailServer.start();
  const database = await testDatabase();
  try {
    const url = await startProcess({ DATABASE_URL: database.url, SMTP_URL: mailServer.url });
    mailServer.beforeAnswer = async () => {
      server?.kill('SIGKILL');
      if (server?.exitCode === null && server.signalCode === null) await once(server, 'exit');
    };
    const { id } = await new TestClient({ url }).startSignUp({
      email: 'jane@example.com',
      password: PASSWORD,
    });
    await until(() => expect(server?.signalCode).toBe('SIGKILL'));
    expect(mailServer.mails).toHaveLength(1);
    // Nothing was recorded: the message is waiting, and its job is locked by a dead worker.
    expect(await messages(database.url)).toEqual([{ sealed: expect.any(String), sent_at: null }]);
    expect(await jobs(database.url)).toMatchObject([{ attempts: 1, locked_at: expect.any(Date) }]);

    mailServer.beforeAnswer = async () => {};
    await query(
      database.url,
      `update graphile_worker._private_jobs set locked_at = now() - interval '3 minutes'`,
    );
    await using app = await startTestApp({ SMTP_URL: mailServer.url }, database.url);
    await query(database.url, `select graphile_worker.add_job('free-abandoned-jobs')`);
    await until(() => expect(mailServer.mails).toHaveLength(2));
    await queueIsEmpty(database.url);

    const [first, second] = mailServer.mails.map(({ email }) => email);
    expect(second?.messageId).toMatch(/^<[0-9a-f-]{36}@localhost>$/);
    expect(second?.messageId).toBe(first?.messageId);
    expect(second?.text).toBe(first?.text);
    expect(await messages(database.url)).toEqual([{ sealed: null, sent_at: expect.any(Date) }]);
    const code = /\b\d{6}\b/.exec(second?.text ?? '')?.[0];
    expect((await new TestClient(app).attempt(id, { emailCode: code })).status).toBe('COMPLETE');
  } finally {
    server?.kill('SIGKILL');
    await database.drop();
  }
});

// Mail through a real SMTP server: it arrives as it was written, to whom it was written; it waits while the server
// cannot take it; and nothing of it stays behind.
import { afterEach, beforeEach, describe, expect, test, vi } from 'vitest';
import { startTestApp, type TestApp, testDatabase } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { deadPort, MailServer, type Refusal, SilentServer } from './mail-server.ts';
import { jobs, messages, retryNow } from './queue.ts';

const JANE = 'jane@example.com';
const FROM = 'Example <auth@example.com>';

let server: MailServer;
let database: { url: string; drop: () => Promise<void> };
let running: Set<TestApp>;

beforeEach(async () => {
  [server, database] = await Promise.all([MailServer.start(), testDatabase()]);
  running = new Set();
});
afterEach(async () => {
  for (const app of running) await stop(app);
  await database.drop();
  await server[Symbol.asyncDispose]();
});

async function start(smtpUrl: string | null): Promise<{ app: TestApp; client: TestClient }> {
  const environment = smtpUrl === null ? {} : { SMTP_URL: smtpUrl, MAIL_FROM: FROM };
  const app = await startTestApp(environment, database.url);
  running.add(app);
  return { app, client: new TestClient(app) };
}

async function stop(app: TestApp): Promise<void> {
  running.delete(app);
  await app[Symbol.asyncDispose]();
}

const until = (holds: () => void | Promise<void>): Promise<void> =>
  vi.waitFor(holds, { timeout: 15_000, interval: 20 });

async function triedAndFailed(tries = 1): Promise<void> {
  await until(async () => {
    const [job] = await jobs(database.url);
    expect(job).toMatchObject({ attempts: tries, last_error: expect.any(String), locked_at: null });
  });
}

/** The queue has nothing left to do. */
async function done(): Promise<void> {
  await until(async () => expect(await jobs(database.url)).toEqual([]));
}

async function arrived(count = 1): Promise<string> {
  await until(() => expect(server.mails.length).toBeGreaterThanOrEqual(count));
  return /\b\d{6}\b/.exec(server.mails.at(-1)?.email.text ?? '')?.[0] ?? '';
}

/** No line of the log tells to whom what was sent. */
function expectSilence({ log }: TestApp, ...secrets: readonly string[]): void {
  for (const secret of [...secrets, JANE]) {
    expect(log.filter((line) => line.includes(secret))).toEqual([]);
  }
}

describe('a message', () => {
  test('arrives as it was written, from whom and to whom it was written, and its code works', async () => {
    const { app, client } = await start(server.url);
    const { id } = await client.startSignUp({ email: JANE, password: PASSWORD });
    const code = await arrived();
    await done();
    expect(server.mails).toHaveLength(1);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ sender: 'auth@example.com', recipients: [JANE] });
    expect(mail?.email).toMatchObject({
      from: { name: 'Example', address: 'auth@example.com' },
      to: [{ name: '', address: JANE }],
      subject: `Your code is ${code}`,
    });
    expect(mail?.email.cc).toBeUndefined();
    expect(mail?.email.html).toBeUndefined();
    expect(mail?.email.text).toMatch(
      new RegExp(`^Your code is ${code}\\. It is valid for 10 minutes and works once\\.`),
    );
    expect((await client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
  });

  test('is sealed while it waits, and erased when it was handed over', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    const { app, client } = await start(server.url);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    const [waiting] = await messages(database.url);
    expect(waiting).toEqual({ sealed: expect.stringMatching(/^[0-9a-f]{8}\.[\w-]{60,}$/), sent_at: null });

    server.refusal = null;
    await retryNow(database.url);
    const code = await arrived();
    await done();
    expect(await messages(database.url)).toEqual([{ sealed: null, sent_at: expect.any(Date) }]);
    expectSilence(app, code);
  });

  test('is not shown in the development inbox, neither before nor after it is sent', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    const { app, client } = await start(server.url);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    expect(await client.inbox()).toEqual([]);
  });
});

describe('a message that the server does not take is tried again', () => {
  test.each<Refusal>([
    { at: 'RCPT TO', reply: 421 },
    { at: 'RCPT TO', reply: 451 },
    { at: 'DATA', reply: 452 },
    { at: 'MAIL FROM', reply: 451 },
    { at: 'MAIL FROM', reply: 550 }, // ours is the sender: the operator can mend that
  ])('when it answers $reply to $at', async (refusal) => {
    server.refusal = refusal;
    const { app, client } = await start(server.url);
    const { id } = await client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    const [job] = await jobs(database.url);
    expect(job?.last_error).toBe(
      `The mail server did not take a message: ${refusal.reply} to ${refusal.at}.`,
    );
    expect(app.log.some((line) => line.includes('"level":40') && line.includes('to be tried again'))).toBe(
      true,
    );

    await retryNow(database.url);
    await triedAndFailed(2);
    server.refusal = null;
    await retryNow(database.url);
    const code = await arrived();
    await done();
    expect(server.mails).toHaveLength(1);
    expect((await client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
    expectSilence(app, code);
  });

  test('when nobody listens', async () => {
    const port = await deadPort();
    const { app, client } = await start(`smtp://127.0.0.1:${port}`);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    expect((await jobs(database.url))[0]?.last_error).toMatch(/did not take a message: E[A-Z]+\.$/);

    await using back = await MailServer.start(port);
    await retryNow(database.url);
    await until(() => expect(back.mails).toHaveLength(1));
    await done();
    expectSilence(app);
  });

  test('when it takes the connection and says nothing', async () => {
    let port: number;
    let app: TestApp;
    {
      await using silent = await SilentServer.start();
      ({ port } = silent);
      const started = await start(`smtp://127.0.0.1:${port}?greetingTimeout=100`);
      ({ app } = started);
      await started.client.startSignUp({ email: JANE, password: PASSWORD });
      await triedAndFailed();
    }
    expect((await jobs(database.url))[0]?.last_error).toBe(
      'The mail server did not take a message: ETIMEDOUT.',
    );
    await using back = await MailServer.start(port);
    await retryNow(database.url);
    await until(() => expect(back.mails).toHaveLength(1));
    await done();
  });

  test('and for the last time is an error in the log, for the operator', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    const { app, client } = await start(server.url);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    // As often as it takes to outlive any message; here it is said to be the last but one.
    const [first] = await jobs(database.url);
    expect(first?.max_attempts).toBe(25);
    await query(database.url, 'update graphile_worker._private_jobs set max_attempts = 2');
    await retryNow(database.url);
    await triedAndFailed(2);
    const line = app.log.find((one) => one.includes('job failed for the last time'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 50,
      jobId: first?.id,
      task: 'deliver',
      tries: 2,
      mostTries: 2,
      err: { message: 'The mail server did not take a message: 451 to RCPT TO.' },
    });
    expectSilence(app);
  });
});

describe('a message is given up', () => {
  test.each<Refusal>([
    { at: 'RCPT TO', reply: 550 },
    { at: 'RCPT TO', reply: 553 },
    { at: 'DATA', reply: 554 },
  ])('when the server answers $reply to $at, its last word', async (refusal) => {
    server.refusal = refusal;
    const { app, client } = await start(server.url);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await until(() => expect(server.tries).toBe(1));
    await done();
    expect(await messages(database.url)).toEqual([{ sealed: null, sent_at: null }]);
    const line = app.log.find((one) => one.includes('"outcome":"refused"'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 40,
      reason: `The mail server did not take a message: ${refusal.reply} to ${refusal.at}.`,
    });
    expectSilence(app);
  });

  test('when it has expired meanwhile: a code that is no longer valid would only confuse', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    const { app, client } = await start(server.url);
    await client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    app.clock.advance(601);
    server.refusal = null;
    await retryNow(database.url);
    await done();
    expect(server.tries).toBe(1);
    expect(server.mails).toEqual([]);
    expect(await messages(database.url)).toEqual([{ sealed: null, sent_at: null }]);
    expect(app.log.some((line) => line.includes('"outcome":"expired"'))).toBe(true);
  });
});

describe('what waits outlives the server', () => {
  test('a restart delivers it', async () => {
    const port = await deadPort();
    const before = await start(`smtp://127.0.0.1:${port}`);
    const { id } = await before.client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    await stop(before.app);

    const after = await start(server.url);
    await retryNow(database.url);
    const code = await arrived();
    await done();
    expect((await after.client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
  });

  test('a server that is told to stop does not wait for a mail server that hangs, and loses nothing', async () => {
    await using silent = await SilentServer.start();
    const before = await start(`smtp://127.0.0.1:${silent.port}`);
    await before.client.startSignUp({ email: JANE, password: PASSWORD });
    await until(() => expect(silent.connections).toBe(1));
    await stop(before.app);
    expect(await jobs(database.url)).toMatchObject([
      { attempts: 1, last_error: expect.stringContaining('did not take a message') },
    ]);

    const after = await start(server.url);
    await retryNow(database.url);
    await arrived();
    await done();
    expect(server.mails).toHaveLength(1);
  });

  test('a server without SMTP_URL keeps it for one that has it', async () => {
    const port = await deadPort();
    const before = await start(`smtp://127.0.0.1:${port}`);
    await before.client.startSignUp({ email: JANE, password: PASSWORD });
    await triedAndFailed();
    await stop(before.app);

    const without = await start(null);
    await retryNow(database.url);
    await triedAndFailed(2);
    expect((await jobs(database.url))[0]?.last_error).toBe('No transport for email is configured.');
    expect(await without.client.codeFor(JANE)).toMatch(/^\d{6}$/);
    await stop(without.app);

    const after = await start(server.url);
    await retryNow(database.url);
    await arrived();
    await done();
  });
});

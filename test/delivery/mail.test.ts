// Mail through a real SMTP server: it reaches its recipient unchanged, waits while the server refuses it, and is erased
// afterwards.
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, type Step, TestClient } from '../harness/client.ts';
import { query } from '../harness/sql.ts';
import { MailServer, type Refusal } from './mail-server.ts';
import { failedTries, jobs, messages, queueIsEmpty, retryNow, until } from './queue.ts';

const FROM = 'Example <auth@example.com>';

let server: MailServer;
let app: TestApp;
let client: TestClient;
/** A new address in each test. */
let jane: string;

beforeAll(async () => {
  server = await MailServer.start();
  app = await startTestApp({ SMTP_URL: server.url, MAIL_FROM: FROM });
  client = new TestClient(app);
});
beforeEach(async () => {
  jane = `jane-${randomUUID()}@example.com`;
  server.begin();
  await query(app.databaseUrl, 'delete from graphile_worker._private_jobs');
  await query(app.databaseUrl, 'delete from outbox_message');
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const signUp = (): Promise<Step> => client.startSignUp({ email: jane, password: PASSWORD });

/** The code in the first mail. */
async function arrived(): Promise<string> {
  await until(() => expect(server.mails).toHaveLength(1));
  return /\b\d{6}\b/.exec(server.mails[0]?.email.text ?? '')?.[0] ?? '';
}

/** Checks that the log contains no recipient and no text. */
function expectSilence(...secrets: readonly string[]): void {
  for (const secret of [...secrets, jane]) {
    expect(app.log.filter((line) => line.includes(secret))).toEqual([]);
  }
}

describe('a message', () => {
  test('arrives unchanged with the right sender and recipient, and its code works', async () => {
    const { id } = await signUp();
    const code = await arrived();
    await queueIsEmpty(app.databaseUrl);
    const [mail] = server.mails;
    expect(mail).toMatchObject({ sender: 'auth@example.com', recipients: [jane] });
    expect(mail?.email).toMatchObject({
      from: { name: 'Example', address: 'auth@example.com' },
      to: [{ name: '', address: jane }],
      subject: `Your code is ${code}`,
    });
    expect(mail?.email.cc).toBeUndefined();
    expect(mail?.email.text).toMatch(
      `Your code is ${code}. It is valid for 10 minutes and can be used once.`,
    );
    expect((await client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
  });

  test('is encrypted while it waits and erased after delivery', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    await signUp();
    await failedTries(app.databaseUrl, 1);
    const sealed = expect.stringMatching(/^[0-9a-f]{8}\.[\w-]{60,}$/);
    expect(await messages(app.databaseUrl)).toEqual([{ sealed, sent_at: null }]);

    server.refusal = null;
    await retryNow(app.databaseUrl);
    const code = await arrived();
    await queueIsEmpty(app.databaseUrl);
    expect(await messages(app.databaseUrl)).toEqual([{ sealed: null, sent_at: expect.any(Date) }]);
    expectSilence(code);
  });

  test('is not shown in the development inbox while it waits for the mail server', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    await signUp();
    await failedTries(app.databaseUrl, 1);
    expect(await client.inbox()).toEqual([]);
  });

  test('is sent only once if its step is requested ten times concurrently', async () => {
    const { id } = await signUp();
    await arrived();
    app.clock.advance(31);
    const steps = await Promise.all(Array.from({ length: 10 }, () => client.prepare(id, 'EMAIL_CODE')));
    await queueIsEmpty(app.databaseUrl);
    expect(server.mails).toHaveLength(2);
    expect(steps.filter((step) => step.challenge != null).length).toBeGreaterThan(0);
  });

  test('for an unknown address becomes a row and a job as usual, but no mail is sent', async () => {
    const { id } = await client.startSignIn({ identifier: jane });
    const step = await client.prepare(id, 'EMAIL_CODE');
    expect(step.challenge).toMatchObject({ factor: 'EMAIL_CODE' });
    expect(await messages(app.databaseUrl)).toEqual([
      { sealed: expect.any(String), sent_at: expect.any(Date) },
    ]);
    await until(() => expect(app.log.some((line) => line.includes('"outcome":"gone"'))).toBe(true));
    await queueIsEmpty(app.databaseUrl);
    expect(server.tries).toBe(0);
  });
});

describe('a message that the mail server does not accept is retried', () => {
  test.each<Refusal>([
    { at: 'RCPT TO', reply: 450 },
    { at: 'RCPT TO', reply: 451 },
    { at: 'DATA', reply: 452 },
    { at: 'MAIL FROM', reply: 451 },
    { at: 'MAIL FROM', reply: 550 }, // the sender is ours: the operator can mend that
  ])('after the reply $reply to $at', async (refusal) => {
    server.refusal = refusal;
    const { id } = await signUp();
    await failedTries(app.databaseUrl, 1);
    const [job] = await jobs(app.databaseUrl);
    expect(job?.last_error).toBe(
      `The mail server did not accept the message: ${refusal.reply} to ${refusal.at}.`,
    );
    const isWarned = app.log.some(
      (line) => line.includes(`"jobId":"${job?.id}"`) && line.includes('"level":40'),
    );
    expect(isWarned).toBe(true);

    await retryNow(app.databaseUrl);
    await failedTries(app.databaseUrl, 2);
    server.refusal = null;
    await retryNow(app.databaseUrl);
    const code = await arrived();
    await queueIsEmpty(app.databaseUrl);
    expect((await client.attempt(id, { emailCode: code })).status).toBe('COMPLETE');
    expectSilence(code);
  });

  test('and the last failed try is logged as an error', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    await signUp();
    await failedTries(app.databaseUrl, 1);
    const [job] = await jobs(app.databaseUrl);
    // Normally the message expires before its last try. Here the second try is made the last.
    expect(job?.max_attempts).toBe(25);
    await query(app.databaseUrl, 'update graphile_worker._private_jobs set max_attempts = 2');
    await retryNow(app.databaseUrl);
    await failedTries(app.databaseUrl, 2);
    const line = app.log.find((one) => one.includes('job failed on its last try'));
    expect(JSON.parse(line ?? '{}')).toMatchObject({
      level: 50,
      jobId: job?.id,
      task: 'deliver',
      tries: 2,
      mostTries: 2,
      err: { message: 'The mail server did not accept the message: 451 to RCPT TO.' },
    });
    const failure = 'The mail server did not accept the message: 451 to RCPT TO.';
    expect(
      await query(app.databaseUrl, 'select failed_at, failure from outbox_message where sealed is not null'),
    ).toEqual([{ failed_at: expect.any(Date), failure }]);
    expectSilence();
  });
});

describe('a message is given up', () => {
  test.each<Refusal>([
    { at: 'RCPT TO', reply: 550 },
    { at: 'RCPT TO', reply: 553 },
    { at: 'DATA', reply: 554 },
  ])('after the permanent reply $reply to $at', async (refusal) => {
    server.refusal = refusal;
    await signUp();
    await until(() => expect(server.tries).toBe(1));
    await queueIsEmpty(app.databaseUrl);
    const sealed = expect.any(String); // until it expires, in case the operator can fix the cause
    expect(await messages(app.databaseUrl)).toEqual([{ sealed, sent_at: null }]);
    const reason = `The mail server did not accept the message: ${refusal.reply} to ${refusal.at}.`;
    const line = app.log.find((one) => one.includes('"outcome":"refused"') && one.includes(reason));
    expect(JSON.parse(line ?? '{}')).toMatchObject({ level: 40, messageId: expect.any(String) });
    expectSilence();
  });

  test('if it has expired in the meantime, because an expired code would only confuse', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    await signUp();
    await failedTries(app.databaseUrl, 1);
    app.clock.advance(601);
    server.refusal = null;
    await retryNow(app.databaseUrl);
    await queueIsEmpty(app.databaseUrl);
    expect(server.tries).toBe(1);
    expect(server.mails).toEqual([]);
    expect(await messages(app.databaseUrl)).toEqual([{ sealed: null, sent_at: null }]);
    expect(app.log.some((line) => line.includes('"outcome":"expired"'))).toBe(true);
  });

  test('and erased when it expires, by a task that runs every minute, even if it is never retried', async () => {
    server.refusal = { at: 'RCPT TO', reply: 451 };
    await signUp();
    await failedTries(app.databaseUrl, 1);
    const erase = () => query(app.databaseUrl, `select graphile_worker.add_job('erase-expired-messages')`);
    app.clock.advance(601);
    await erase();
    await until(async () =>
      expect(await messages(app.databaseUrl)).toEqual([{ sealed: null, sent_at: null }]),
    );
    const crontab = await query<{ identifier: string }>(
      app.databaseUrl,
      'select identifier from graphile_worker._private_known_crontabs',
    );
    expect(crontab.map((one) => one.identifier)).toContain('erase-expired-messages');
  });
});

// `npm run outbox`: lists undelivered messages without their recipient or text, and replays those that can be sent again.
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { outbox } from '../../src/cli/outbox.ts';
import { MailServer } from '../delivery/mail-server.ts';
import { failedTries, jobs, messages, queueIsEmpty, retryNow, until } from '../delivery/queue.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { type Outcome, runHere } from '../harness/command.ts';
import { query } from '../harness/sql.ts';

const JANE = 'jane@example.com';

let server: MailServer;
let app: TestApp;
let client: TestClient;

beforeAll(async () => {
  server = await MailServer.start();
  app = await startTestApp({ SMTP_URL: server.url });
  client = new TestClient(app);
});
beforeEach(async () => {
  server.begin();
  await query(app.databaseUrl, 'delete from graphile_worker._private_jobs');
  await query(app.databaseUrl, 'delete from outbox_message');
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await server[Symbol.asyncDispose]();
});

const run = (...args: string[]): Promise<Outcome> => runHere(outbox, args, { DATABASE_URL: app.databaseUrl });

/** A message that the mail server rejected permanently. @returns its id and the workflow's. */
async function refused(): Promise<{ id: string; workflowId: string }> {
  server.refusal = { at: 'RCPT TO', reply: 550 };
  const { id: workflowId } = await client.startSignUp({ email: JANE, password: PASSWORD });
  await queueIsEmpty(app.databaseUrl);
  const [row] = await query<{ id: string }>(app.databaseUrl, 'select id from outbox_message');
  return { id: row?.id ?? '', workflowId };
}

test('a rejected message is listed with the reason, and a replay delivers it once the cause is fixed', async () => {
  const { id, workflowId } = await refused();
  const list = await run('list');
  expect(list).toMatchObject({ code: 0, stderr: '' });
  expect(list.stdout).toMatch(/^ID +CHANNEL +WHEN +STATE +FAILURE +PROVIDER SAYS$/m);
  const reason = 'The mail server did not accept the message: 550 to RCPT TO.';
  expect(list.stdout).toMatch(new RegExp(`^${id} +email +\\S+Z +failed +${reason} +-$`, 'm'));
  expect(list.stdout).not.toMatch(/jane|\b\d{6}\b/);

  server.refusal = null;
  expect(await run('replay', id)).toEqual({ code: 0, stdout: `Queued ${id} again.\n`, stderr: '' });
  await until(() => expect(server.mails).toHaveLength(1));
  await queueIsEmpty(app.databaseUrl);
  expect(server.mails[0]?.email.messageId).toMatch(new RegExp(`^<${id}@`));
  const code = /\b\d{6}\b/.exec(server.mails[0]?.email.text ?? '')?.[0];
  expect((await client.attempt(workflowId, { emailCode: code })).status).toBe('COMPLETE');

  expect((await run('list')).stdout).toBe('No messages have failed or are waiting.\n');
  expect((await run('list', '--all')).stdout).toMatch(new RegExp(`^${id} +email +\\S+Z +sent +- +-$`, 'm'));
  const again = await run('replay', id);
  expect(again).toMatchObject({ code: 1, stderr: `Cannot replay ${id}: it has been sent.\n` });
});

test('a message that used up its attempts gets all of them again when replayed', async () => {
  server.refusal = { at: 'RCPT TO', reply: 451 };
  await client.startSignUp({ email: JANE, password: PASSWORD });
  await failedTries(app.databaseUrl, 1);
  await query(app.databaseUrl, 'update graphile_worker._private_jobs set max_attempts = 2');
  await retryNow(app.databaseUrl);
  await failedTries(app.databaseUrl, 2);
  expect((await run('replay', '--all')).stdout).toMatch(/^Queued \S{36} again\.\n$/);
  await until(async () =>
    expect(await jobs(app.databaseUrl)).toContainEqual(
      expect.objectContaining({ attempts: 1, max_attempts: 25, locked_at: null }),
    ),
  );
  server.refusal = null;
  await retryNow(app.databaseUrl);
  await until(async () =>
    expect(await messages(app.databaseUrl)).toEqual([{ sealed: null, sent_at: expect.any(Date) }]),
  );
  expect(server.mails).toHaveLength(1);
  expect((await run('replay', '--all')).stdout).toBe('Nothing to replay.\n');
});

test('an expired message is listed as expired and cannot be replayed', async () => {
  const { id } = await refused();
  await query(app.databaseUrl, `update outbox_message set expires_at = now() - interval '1 second'`);
  const list = await run('list');
  expect(list.stdout).toMatch(new RegExp(`^${id} .* expired `, 'm'));
  expect(list.stdout).toContain('expired: cannot be replayed, it has expired and its text has been erased.');
  for (const what of [id, '--all']) await run('replay', what);
  expect((await run('replay', id)).stderr).toBe(
    `Cannot replay ${id}: it has expired and its text has been erased.\n`,
  );
  expect(await jobs(app.databaseUrl)).toEqual([]);
  expect(await messages(app.databaseUrl)).toHaveLength(1);
});

test('a message that the provider accepted but did not deliver cannot be replayed, and the list says so', async () => {
  const { id } = await refused();
  await query(
    app.databaseUrl,
    `update outbox_message set sealed = null, sent_at = now(), delivery_status = 'undelivered',
     failure = 'The provider reported undelivered, code 30003.'`,
  );
  const { stdout } = await run('list');
  expect(stdout).toMatch(
    new RegExp(`^${id} .* undelivered +The provider reported undelivered, code 30003. +undelivered$`, 'm'),
  );
  expect(stdout).toContain(
    'undelivered: cannot be replayed, the provider accepted it, so its text has been erased.',
  );
  expect((await run('replay', id)).code).toBe(1);
});

test.each([
  ['no command', [], /^Usage: npm run outbox/],
  ['replay without an id', ['replay'], /^Usage: /],
  [
    'replay of both one message and all',
    ['replay', '5a1c6f3e-0000-4000-8000-000000000001', '--all'],
    /^Usage: /,
  ],
  ['an unknown option', ['list', '--force'], /^Usage: /],
  ['an unknown id', ['replay', '5a1c6f3e-0000-4000-8000-000000000001'], /no such message/],
  ['a malformed id', ['replay', "x' or true"], /no such message/],
])('%s is refused with a message and exit code 1', async (_what, args, message) => {
  const { code, stderr } = await run(...args);
  expect(code).toBe(1);
  expect(stderr).toMatch(message);
});

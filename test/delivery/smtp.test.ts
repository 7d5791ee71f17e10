// The SMTP transport: each message has exactly one recipient and only the headers that we set, whatever the address
// contains.

import { once } from 'node:events';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { SMTPServer } from 'smtp-server';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { DeliveryError, type Message, type Receipt } from '../../src/delivery/message.ts';
import { compose } from '../../src/delivery/messages/compose.ts';
import { smtpTransport } from '../../src/delivery/smtp.ts';
import { startTestApp } from '../harness/app.ts';
import { PASSWORD, TestClient } from '../harness/client.ts';
import { MailServer, SilentServer } from './mail-server.ts';
import { queueIsEmpty } from './queue.ts';

let server: MailServer;

beforeAll(async () => {
  server = await MailServer.start();
});
beforeEach(() => server.begin());
afterAll(() => server[Symbol.asyncDispose]());

const HAND_OVER = { id: '5a1c6f3e-0000-4000-8000-000000000001', signal: new AbortController().signal };
const MESSAGE: Message = {
  channel: 'email',
  to: 'jane@example.com',
  subject: 'a subject',
  text: 'a text',
  html: null,
  code: null,
};

function send(to: string, message: Partial<Message> = {}): Promise<Receipt> {
  const transport = smtpTransport(server.url, 'Example <auth@example.com>');
  return transport.send({ ...MESSAGE, ...message, to }, HAND_OVER);
}

test('the text and the HTML of a mail have the same content, with characters of any script', async () => {
  const message = compose(
    { name: 'email-code', code: '418273', minutes: 10, approves: null },
    { to: 'jane@example.com', locale: 'de' },
  );
  await smtpTransport(server.url, 'Example <auth@example.com>').send(message, HAND_OVER);
  const [mail] = server.mails;
  expect(mail?.source).toContain('Content-Type: multipart/alternative');
  expect(mail?.source).toContain('Auto-Submitted: auto-generated');
  expect(mail?.email.subject).toBe('Ihr Code lautet 418273');
  expect(mail?.email.text?.trim()).toBe(message.text.trim());
  expect(mail?.email.html?.trim()).toBe(message.html?.trim());
  expect(mail?.email.attachments).toEqual([]);
});

test.each([
  ['Example <auth@example.com>', 'example.com'],
  ['auth@mail.example.com', 'mail.example.com'],
  ['"odd @ name" <auth@example.com>', 'example.com'],
])(
  'a mail from %s has a Message-ID with the id of its message, so that duplicates can be recognized',
  async (from, domain) => {
    for (let copies = 0; copies < 2; copies += 1)
      await smtpTransport(server.url, from).send(MESSAGE, HAND_OVER);
    const messageId = `<${HAND_OVER.id}@${domain}>`;
    expect(server.mails.map((mail) => mail.email.messageId)).toEqual([messageId, messageId]);
  },
);

test.each([
  'jane@example.com',
  "o'hara+tag@sub.example.co.uk",
  'first.last@example.com',
  'jürgen@example.com',
  'jane@bücher.example',
])('the mail goes to exactly one recipient: %s', async (address) => {
  await send(address);
  expect(server.mails).toHaveLength(1);
  expect(server.mails[0]?.recipients).toHaveLength(1);
  expect(server.mails[0]?.recipients[0]?.split('@')[0]).toBe(address.split('@')[0]);
});

const HOSTILE = [
  ['a second address, after a comma', 'jane@example.com, mallory@example.net'],
  ['a second address, after a comma without a space', 'jane@example.com,mallory@example.net'],
  ['a second address, after a semicolon', 'jane@example.com;mallory@example.net'],
  ['a second address, after a space', 'jane@example.com mallory@example.net'],
  ['a line of SMTP', 'jane@example.com>\r\nRCPT TO:<mallory@example.net'],
  ['a header', 'jane@example.com\r\nBcc: mallory@example.net'],
  ['a header after a bare LF', 'jane@example.com\nBcc: mallory@example.net'],
  ['a header after a bare CR', 'jane@example.com\rBcc: mallory@example.net'],
  ['a header after a NEL', 'jane@example.com\u0085Bcc: mallory@example.net'],
  ['a header after a line separator', 'jane@example.com\u2028Bcc: mallory@example.net'],
  ['a body', 'jane@example.com\r\n\r\nanother text'],
  ['a name before an address', 'jane@example.com <mallory@example.net>'],
  ['an address in brackets', '<mallory@example.net>'],
  ['a group', 'friends: mallory@example.net;'],
  ['a quoted local part', '"jane@example.com, mallory"@example.net'],
  ['a comment', 'jane(mallory@example.net)@example.com'],
  ['a route', '@example.com:mallory@example.net'],
  ['two @ signs', 'jane@example.com@example.net'],
  ['a NUL', 'jane@example.com\0mallory@example.net'],
  ['no domain', 'jane@'],
  ['no local part', '@example.com'],
  ['no @ sign', 'jane'],
  ['an empty address', ''],
] as const;

test.each(HOSTILE)(
  'anything but a single address is permanently refused, and no mail is sent: %s',
  async (_what, to) => {
    const failure: unknown = await send(to).catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeliveryError);
    expect(failure).toMatchObject({ isFinal: true, message: 'The recipient is not a valid email address.' });
    expect(server.tries).toBe(0);
  },
);

test('the API refuses all of these addresses', async () => {
  await using app = await startTestApp({ SMTP_URL: server.url });
  const client = new TestClient(app);
  for (const [what, email] of HOSTILE) {
    const outcomes = [
      await client.startSignUp({ email, password: PASSWORD }).catch(({ problem }) => problem.extensions),
      await client.startSignIn({ identifier: email }).catch(({ problem }) => problem.extensions),
    ];
    for (const { code } of outcomes) expect(code, what).toMatch(/^(INVALID_INPUT|BAD_USER_INPUT)$/);
  }
  await queueIsEmpty(app.databaseUrl);
  expect(server.tries).toBe(0);
});

test('a subject cannot add a header, and a text cannot end the message', async () => {
  const text = 'before\r\n.\r\nMAIL FROM:<mallory@example.net>\r\n..after\r\n';
  await send('jane@example.com', { subject: 'a subject\r\nBcc: mallory@example.net', text });
  expect(server.mails).toHaveLength(1);
  const [mail] = server.mails;
  expect(mail?.recipients).toEqual(['jane@example.com']);
  expect(mail?.email.bcc).toBeUndefined();
  expect(mail?.email.headers.map((one) => one.key)).not.toContain('bcc');
  expect(mail?.email.text?.replaceAll('\r\n', '\n')).toContain(
    'before\n.\nMAIL FROM:<mallory@example.net>\n..after\n',
  );
});

test('an error of the transport contains codes only, not the message, the recipient or the reply of the server', async () => {
  server.refusal = { at: 'RCPT TO', reply: 450 };
  const failure: unknown = await send('jane@example.com', {
    subject: 'Your code is 123456',
    text: '123456',
  }).catch((error: unknown) => error);
  expect(failure).toMatchObject({
    isFinal: false,
    message: 'The mail server did not accept the message: 450 to RCPT TO.',
  });
  expect(everythingOf(failure)).not.toMatch(/jane|123456|go away/);
});

test('a refused login is a temporary failure, and the error does not contain the user and password of the mail server', async () => {
  const guarded = new SMTPServer({
    allowInsecureAuth: true,
    disableReverseLookup: true,
    hideSTARTTLS: true,
    onAuth: ({ username, password }, _session, answer) =>
      answer(new Error(`No ${String(username)} with ${String(password)} here`)),
  });
  guarded.listen(0, '127.0.0.1');
  await once(guarded.server, 'listening');
  try {
    const { port } = guarded.server.address() as AddressInfo;
    const failure: unknown = await smtpTransport(
      `smtp://mallory:hunter2@127.0.0.1:${port}`,
      'auth@example.com',
    )
      .send(MESSAGE, HAND_OVER)
      .catch((error: unknown) => error);
    expect(failure).toMatchObject({
      isFinal: false,
      message: 'The mail server did not accept the message: 535 to AUTH PLAIN.',
    });
    expect(everythingOf(failure)).not.toMatch(/mallory|hunter2|jane/);
  } finally {
    await new Promise<void>((resolve) => guarded.close(resolve));
  }
});

test('a server that is not a mail server is a temporary failure', async () => {
  const web: Server = createServer((_request, response) => response.end('hello')).listen(0, '127.0.0.1');
  await once(web, 'listening');
  try {
    const url = `smtp://127.0.0.1:${(web.address() as AddressInfo).port}?greetingTimeout=200`;
    const sent = smtpTransport(url, 'auth@example.com').send(MESSAGE, HAND_OVER);
    await expect(sent).rejects.toMatchObject({ name: 'DeliveryError', isFinal: false });
  } finally {
    web.close();
  }
});

test('an aborted SMTP delivery ends immediately, and the message can be retried', async () => {
  await using silent = await SilentServer.start();
  const stop = new AbortController();
  const sent = smtpTransport(silent.patientUrl, 'auth@example.com').send(MESSAGE, {
    ...HAND_OVER,
    signal: stop.signal,
  });
  stop.abort();
  await expect(sent).rejects.toMatchObject({ name: 'DeliveryError', isFinal: false });
});

/** An error as the most verbose log would write it. */
function everythingOf(error: unknown): string {
  const { message, stack, cause } = error as Error;
  return JSON.stringify([error, message, stack, cause ?? null]);
}

// SMS through Twilio's SDK, against a server that answers as Twilio does: what it is asked, what becomes of each of
// its answers, and that no secret leaves the transport.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TwilioConfig } from '../../src/config/config.ts';
import { DeliveryError, type Message } from '../../src/delivery/message.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { twilioTransport } from '../../src/delivery/twilio.ts';
import { startWorker } from '../../src/delivery/worker.ts';
import { openOrm } from '../../src/persistence/orm.ts';
import { Settlement } from '../../src/persistence/settlement.ts';
import { addSeconds, systemClock } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { createLog } from '../../src/platform/log.ts';
import { testDatabase } from '../harness/app.ts';
import { failedTries, jobs, messages, queueIsEmpty, retryNow } from './queue.ts';
import { type TwilioAnswer, TwilioApi, twilioError } from './twilio-api.ts';

const NUMBER = '+15005550006';
const CODE = '418273';
const AUTH_TOKEN = 'canary-auth-token-0123456789abcdef';
const ACCOUNT = `AC${'1'.repeat(32)}`;
const NEVER = new AbortController().signal;

const CONFIG: TwilioConfig = { accountSid: ACCOUNT, authToken: AUTH_TOKEN, sender: { from: '+15005550001' } };
const MESSAGE: Message = { channel: 'sms', to: NUMBER, subject: '', text: `Your code is ${CODE}. Grüße!` };

let api: TwilioApi;

beforeEach(async () => {
  api = await TwilioApi.start();
});
afterEach(() => api[Symbol.asyncDispose]());

const transport = (config = CONFIG, timeout = 5000) => twilioTransport(config, api.client(timeout));

/** An error, a log or a table as whoever reads it would see it. */
function expectSilence(text: string): void {
  for (const secret of [
    AUTH_TOKEN,
    Buffer.from(`${ACCOUNT}:${AUTH_TOKEN}`).toString('base64'),
    NUMBER.slice(1),
    CODE,
  ]) {
    expect(text).not.toContain(secret);
  }
}

describe('a message is asked for as Twilio documents it', () => {
  test.each([
    ['from a number', { from: '+15005550001' }, { From: '+15005550001' }],
    [
      'from a messaging service',
      { messagingServiceSid: `MG${'2'.repeat(32)}` },
      { MessagingServiceSid: `MG${'2'.repeat(32)}` },
    ],
  ])('%s', async (_whom, sender, form) => {
    await transport({ ...CONFIG, sender }).send(MESSAGE, NEVER);
    expect(api.requests).toEqual([
      {
        method: 'POST',
        path: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`,
        credentials: `${ACCOUNT}:${AUTH_TOKEN}`,
        form: { To: NUMBER, Body: MESSAGE.text, ...form },
      },
    ]);
  });
});

const FAILURES: readonly [string, TwilioAnswer | null, string, boolean][] = [
  ['too many requests', twilioError(429, 20429, 'Too Many Requests'), 'HTTP 429, code 20429', false],
  ['a defect of theirs', twilioError(500, 20500, `No luck with ${NUMBER}`), 'HTTP 500, code 20500', false],
  ['a page instead of an answer', { status: 503, body: `<h1>${NUMBER}</h1>` }, 'HTTP 503', false],
  ['an answer without a body', { status: 502, body: '' }, 'HTTP 502', false],
  ['a wrong auth token', twilioError(401, 20003, 'Authenticate'), 'HTTP 401, code 20003', false],
  ['an unknown account', twilioError(404, 20404, 'Not found'), 'HTTP 404, code 20404', false],
  [
    'a number that is none',
    twilioError(400, 21211, `The 'To' number ${NUMBER} is not a valid phone number.`),
    'HTTP 400, code 21211',
    true,
  ],
  [
    'a person who unsubscribed',
    twilioError(400, 21610, `Attempt to send to unsubscribed recipient ${NUMBER}`),
    'HTTP 400, code 21610',
    true,
  ],
  [
    'an error with a code of their own making',
    { status: 400, body: JSON.stringify({ code: `${NUMBER} ${CODE}`, message: NUMBER, status: 400 }) },
    'HTTP 400',
    true,
  ],
  [
    'an error in the form of RFC 9457',
    {
      status: 400,
      body: JSON.stringify({
        type: 'https://example.com',
        title: NUMBER,
        status: 400,
        code: 21211,
        detail: CODE,
      }),
    },
    'HTTP 400, code 21211',
    true,
  ],
  ['a redirection', { status: 302, body: '' }, 'HTTP 302', false],
  ['success, and nothing that can be read', { status: 201, body: `not JSON: ${NUMBER}` }, 'no answer', false],
  ['no answer in time', null, 'no answer, code ECONNABORTED', false],
];

test.each(FAILURES)(
  '%s: an error that says so, may be tried again or not, and holds no secret',
  async (_what, answer, words, isFinal) => {
    api.answer = answer;
    const failure: unknown = await transport(CONFIG, answer === null ? 100 : 20_000)
      .send(MESSAGE, NEVER)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeliveryError);
    expect(failure).toMatchObject({ isFinal, message: `Twilio did not take a message: ${words}.` });
    const { stack, cause, ...rest } = failure as Error;
    expect(cause).toBeUndefined();
    expectSilence(JSON.stringify([String(failure), stack, rest]));
  },
);

test('nobody there: an error that may be tried again', async () => {
  const gone = await TwilioApi.start();
  const client = gone.client(300);
  await gone[Symbol.asyncDispose]();
  const sent = twilioTransport(CONFIG, client).send(MESSAGE, NEVER);
  await expect(sent).rejects.toMatchObject({
    name: 'DeliveryError',
    isFinal: false,
    message: 'Twilio did not take a message: no answer, code ECONNREFUSED.',
  });
});

test('the SDK writes nothing to the terminal, whatever its environment says', async () => {
  vi.stubEnv('TWILIO_LOG_LEVEL', 'debug');
  const written = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await transport().send(MESSAGE, NEVER);
    expect(written).not.toHaveBeenCalled();
  } finally {
    written.mockRestore();
    vi.unstubAllEnvs();
  }
});

describe('through the outbox', () => {
  let database: { url: string; drop: () => Promise<void> };
  beforeAll(async () => {
    database = await testDatabase();
  });
  afterAll(() => database.drop());

  test('a message waits for Twilio, arrives once, and no secret stays in the log or the queue', async () => {
    const lines: string[] = [];
    const log = createLog('trace', { write: (line) => lines.push(line) });
    const orm = await openOrm(database.url);
    const outbox = new Outbox(new KeyRing([randomBytes(32)]), { sms: transport() });
    const worker = await startWorker({ databaseUrl: database.url, orm, outbox, clock: systemClock, log });
    try {
      api.answer = twilioError(500, 20500, `No luck with ${NUMBER}`);
      const settlement = new Settlement();
      outbox.add(settlement, MESSAGE, new Date(), addSeconds(new Date(), 600));
      await settlement.commit(orm.em.fork());
      await failedTries(database.url, 1);
      const [waiting] = await jobs(database.url);
      expect(waiting?.last_error).toBe('Twilio did not take a message: HTTP 500, code 20500.');
      expectSilence(JSON.stringify([waiting, await messages(database.url)]));

      api.answer = { status: 201, body: JSON.stringify({ sid: `SM${'0'.repeat(32)}` }) };
      await retryNow(database.url);
      await queueIsEmpty(database.url);
      expect(api.requests).toHaveLength(2);
      expect(await messages(database.url)).toEqual([{ sealed: null, sent_at: expect.any(Date) }]);
      expect(lines.some((line) => line.includes('"outcome":"sent"'))).toBe(true);
      expectSilence(lines.join('\n'));
    } finally {
      await worker.stop();
      await orm.close();
    }
  });
});

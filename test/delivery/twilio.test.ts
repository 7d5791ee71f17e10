// SMS through Twilio's SDK, against a server that answers as Twilio does: what it is asked, what becomes of each of
// its answers, and that no secret leaves the transport.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TwilioConfig } from '../../src/config/twilio.ts';
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
const ID = '5a1c6f3e-0000-4000-8000-000000000001';
const HAND_OVER = { id: ID, signal: new AbortController().signal };
const VERIFY = `VA${'3'.repeat(32)}`;

const CONFIG: TwilioConfig = {
  accountSid: ACCOUNT,
  authToken: AUTH_TOKEN,
  sender: { from: '+15005550001' },
  verifyServiceSid: null,
  apiUrl: null,
  callbackOrigin: null,
};
const MESSAGE: Message = {
  channel: 'sms',
  to: NUMBER,
  subject: '',
  text: `Your code is ${CODE}. Grüße!`,
  html: null,
  code: CODE,
};
const LINK: Message = { ...MESSAGE, text: 'https://auth.example.com/link?token=x', code: null };

let api: TwilioApi;

beforeEach(async () => {
  api = await TwilioApi.start();
});
afterEach(() => api[Symbol.asyncDispose]());

const transport = (config = CONFIG, timeout = 5000) =>
  twilioTransport({ ...config, apiUrl: api.url }, timeout);

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
    const receipt = await transport({ ...CONFIG, sender }).send(MESSAGE, HAND_OVER);
    expect(receipt).toEqual({ providerId: `SM${'0'.repeat(32)}`, status: 'queued' });
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

test('where Twilio is told how to reach us, a message says where to report on it', async () => {
  await transport({ ...CONFIG, callbackOrigin: 'https://auth.example.com' }).send(MESSAGE, HAND_OVER);
  expect(api.requests[0]?.form['StatusCallback']).toBe(
    `https://auth.example.com/webhooks/twilio/status?message=${ID}`,
  );
});

describe('with a Verify service', () => {
  const verifying = { ...CONFIG, verifyServiceSid: VERIFY, callbackOrigin: 'https://auth.example.com' };

  test('a code is sent by it, our own code, which stays ours to check', async () => {
    const receipt = await transport(verifying).send(MESSAGE, HAND_OVER);
    expect(receipt.providerId).toMatch(/^SM0+$/);
    expect(api.requests).toEqual([
      {
        method: 'POST',
        path: `/v2/Services/${VERIFY}/Verifications`,
        credentials: `${ACCOUNT}:${AUTH_TOKEN}`,
        form: { To: NUMBER, Channel: 'sms', CustomCode: CODE },
      },
    ]);
  });

  test('what holds no code is sent like any other text', async () => {
    await transport(verifying).send(LINK, HAND_OVER);
    expect(api.requests[0]).toMatchObject({
      path: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`,
      form: { Body: LINK.text, From: '+15005550001' },
    });
  });

  test('and no sender, it is refused for good, with what to set', async () => {
    const sent = transport({ ...verifying, sender: null }).send(LINK, HAND_OVER);
    await expect(sent).rejects.toMatchObject({
      name: 'DeliveryError',
      isFinal: true,
      message:
        'Twilio Verify sends codes only. Set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID for other texts.',
    });
    expect(api.requests).toEqual([]);
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

const APIS = [
  ['Messages', CONFIG],
  ['Verify', { ...CONFIG, sender: null, verifyServiceSid: VERIFY }],
] as const;

test.each(APIS.flatMap(([name, config]) => FAILURES.map((failure) => [name, ...failure, config] as const)))(
  '%s, %s: an error that says so, may be tried again or not, and holds no secret',
  async (_name, _what, answer, words, isFinal, config) => {
    api.answer = answer;
    const failure: unknown = await transport(config, answer === null ? 100 : 20_000)
      .send(MESSAGE, HAND_OVER)
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
  const apiUrl = gone.url;
  await gone[Symbol.asyncDispose]();
  const sent = twilioTransport({ ...CONFIG, apiUrl }, 300).send(MESSAGE, HAND_OVER);
  await expect(sent).rejects.toMatchObject({
    name: 'DeliveryError',
    isFinal: false,
    message: 'Twilio did not take a message: no answer, code ECONNREFUSED.',
  });
});

test('a transport that is told to stop gives up at once, and the message may be tried again', async () => {
  api.answer = null;
  const stop = new AbortController();
  const sent = transport(CONFIG, 60_000).send(MESSAGE, { id: ID, signal: stop.signal });
  stop.abort();
  await expect(sent).rejects.toMatchObject({ name: 'DeliveryError', isFinal: false });
});

test('the SDK writes nothing to the terminal, whatever its environment says', async () => {
  vi.stubEnv('TWILIO_LOG_LEVEL', 'debug');
  const written = vi.spyOn(console, 'log').mockImplementation(() => {});
  try {
    await transport().send(MESSAGE, HAND_OVER);
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
    const outbox = new Outbox({
      ring: new KeyRing([randomBytes(32)]),
      transports: { sms: transport() },
      places: { placeOf: () => null },
      log,
    });
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

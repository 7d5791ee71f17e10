// SMS through Twilio's SDK, against a server that responds like Twilio: the requests, the handling of each response, and
// that no secret leaves the transport.
import { randomBytes } from 'node:crypto';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test, vi } from 'vitest';
import type { TwilioConfig } from '../../src/config/twilio.ts';
import { DeliveryError, type Message } from '../../src/delivery/message.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { twilioTransport } from '../../src/delivery/twilio.ts';
import { startWorker } from '../../src/delivery/worker.ts';
import { openOrm } from '../../src/persistence/orm.ts';
import { UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { addSeconds, systemClock } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { createLog } from '../../src/platform/log.ts';
import { RETENTION, testDatabase } from '../harness/app.ts';
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
  api: null,
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

const here = (url: string) => ({ url, mayBeInsecure: true, mayBePrivate: true });
const transport = (config = CONFIG, timeoutSeconds = 5) =>
  twilioTransport({ ...config, api: here(api.url) }, timeoutSeconds);

/** An error, a log or a table, as a reader would see it. */
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

describe('the request for a message has the format that Twilio documents:', () => {
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

test('if Twilio can reach this server, a message includes the URL for reports', async () => {
  await transport({ ...CONFIG, callbackOrigin: 'https://auth.example.com' }).send(MESSAGE, HAND_OVER);
  expect(api.requests[0]?.form['StatusCallback']).toBe(
    `https://auth.example.com/webhooks/twilio/status?message=${ID}`,
  );
});

describe('with a Verify service', () => {
  const verifying = { ...CONFIG, verifyServiceSid: VERIFY, callbackOrigin: 'https://auth.example.com' };

  test('a code is sent with the service, but it is our own code, which we check ourselves', async () => {
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

  test('a message without a code is sent as a normal text message', async () => {
    await transport(verifying).send(LINK, HAND_OVER);
    expect(api.requests[0]).toMatchObject({
      path: `/2010-04-01/Accounts/${ACCOUNT}/Messages.json`,
      form: { Body: LINK.text, From: '+15005550001' },
    });
  });

  test('but no sender, a message without a code is permanently refused, and the error names the settings', async () => {
    const sent = transport({ ...verifying, sender: null }).send(LINK, HAND_OVER);
    await expect(sent).rejects.toMatchObject({
      name: 'DeliveryError',
      isFinal: true,
      message:
        'Twilio Verify can only send codes. To send other texts, set TWILIO_FROM or TWILIO_MESSAGING_SERVICE_SID.',
    });
    expect(api.requests).toEqual([]);
  });
});

const FAILURES: readonly [string, TwilioAnswer | null, string, boolean][] = [
  ['too many requests', twilioError(429, 20429, 'Too Many Requests'), 'HTTP 429, code 20429', false],
  ['an internal error', twilioError(500, 20500, `No luck with ${NUMBER}`), 'HTTP 500, code 20500', false],
  ['an HTML page', { status: 503, body: `<h1>${NUMBER}</h1>` }, 'HTTP 503', false],
  ['a response without a body', { status: 502, body: '' }, 'HTTP 502', false],
  ['an incorrect auth token', twilioError(401, 20003, 'Authenticate'), 'HTTP 401, code 20003', false],
  ['an unknown account', twilioError(404, 20404, 'Not found'), 'HTTP 404, code 20404', false],
  [
    'an invalid phone number',
    twilioError(400, 21211, `The 'To' number ${NUMBER} is not a valid phone number.`),
    'HTTP 400, code 21211',
    true,
  ],
  [
    'an unsubscribed recipient',
    twilioError(400, 21610, `Attempt to send to unsubscribed recipient ${NUMBER}`),
    'HTTP 400, code 21610',
    true,
  ],
  [
    'an error with an invalid code',
    { status: 400, body: JSON.stringify({ code: `${NUMBER} ${CODE}`, message: NUMBER, status: 400 }) },
    'HTTP 400',
    true,
  ],
  [
    'an error in the format of RFC 9457',
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
  ['a redirect', { status: 302, body: '' }, 'HTTP 302', false],
  [
    'a successful response that cannot be parsed',
    { status: 201, body: `not JSON: ${NUMBER}` },
    'no response',
    false,
  ],
  ['a timeout', null, 'no response, code TIMEOUT', false],
];

const APIS = [
  ['Messages', CONFIG],
  ['Verify', { ...CONFIG, sender: null, verifyServiceSid: VERIFY }],
] as const;

test.each(APIS.flatMap(([name, config]) => FAILURES.map((failure) => [name, ...failure, config] as const)))(
  'the %s API: %s gives an error with the right code and finality, and without secrets',
  async (_name, _what, answer, words, isFinal, config) => {
    api.answer = answer;
    const failure: unknown = await transport(config, answer === null ? 0.1 : 20)
      .send(MESSAGE, HAND_OVER)
      .catch((error: unknown) => error);
    expect(failure).toBeInstanceOf(DeliveryError);
    expect(failure).toMatchObject({ isFinal, message: `Twilio did not accept the message: ${words}.` });
    const { stack, cause, ...rest } = failure as Error;
    expect(cause).toBeUndefined();
    expectSilence(JSON.stringify([String(failure), stack, rest]));
  },
);

test('an unreachable API is a temporary failure', async () => {
  const gone = await TwilioApi.start();
  const { url } = gone;
  await gone[Symbol.asyncDispose]();
  const sent = twilioTransport({ ...CONFIG, api: here(url) }, 0.3).send(MESSAGE, HAND_OVER);
  await expect(sent).rejects.toMatchObject({
    name: 'DeliveryError',
    isFinal: false,
    message: 'Twilio did not accept the message: no response, code ECONNREFUSED.',
  });
});

test('an aborted Twilio request ends immediately, and the message can be retried', async () => {
  api.answer = null;
  const stop = new AbortController();
  const sent = transport(CONFIG, 60).send(MESSAGE, { id: ID, signal: stop.signal });
  stop.abort();
  await expect(sent).rejects.toMatchObject({ name: 'DeliveryError', isFinal: false });
});

test('the SDK writes nothing to the terminal, even if its environment variables enable logging', async () => {
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

  test('a message waits until Twilio is available, arrives once, and leaves no secret in the log or the queue', async () => {
    const lines: string[] = [];
    const log = createLog('trace', { write: (line) => lines.push(line) });
    const orm = await openOrm(database.url);
    const outbox = new Outbox({
      ring: new KeyRing([randomBytes(32)]),
      transports: { sms: transport() },
      geoip: { placeOf: () => null },
      log,
    });
    const worker = await startWorker({
      databaseUrl: database.url,
      orm,
      outbox,
      clock: systemClock,
      log,
      retention: RETENTION,
      checkDomains: async () => 0,
      eraseUsers: async () => ({ begun: 0, erased: 0 }),
    });
    try {
      api.answer = twilioError(500, 20500, `No luck with ${NUMBER}`);
      const unitOfWork = new UnitOfWork();
      outbox.add(unitOfWork, MESSAGE, new Date(), addSeconds(new Date(), 600));
      await unitOfWork.commit(orm.em.fork());
      await failedTries(database.url, 1);
      const [waiting] = await jobs(database.url);
      expect(waiting?.last_error).toBe('Twilio did not accept the message: HTTP 500, code 20500.');
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

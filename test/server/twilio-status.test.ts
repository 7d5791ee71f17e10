// The full path of an SMS: out through Twilio's API, and back as a delivery report, which counts only if Twilio signed it
// for this URL.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { twilioTransport } from '../../src/delivery/twilio.ts';
import { openOrm } from '../../src/persistence/orm.ts';
import { UnitOfWork } from '../../src/persistence/unit-of-work.ts';
import { addSeconds } from '../../src/platform/clock.ts';
import { KeyRing } from '../../src/platform/key-ring.ts';
import { createLog } from '../../src/platform/log.ts';
import { until } from '../delivery/queue.ts';
import { signedReport, TwilioApi, twilioError } from '../delivery/twilio-api.ts';
import { startTestApp, TEST_ENVIRONMENT, type TestApp } from '../harness/app.ts';
import { query } from '../harness/sql.ts';
import { rawHttp } from './raw-http.ts';

const AUTH_TOKEN = 'canary-auth-token-0123456789abcdef';
const NUMBER = '+15005550006';
const PATH = '/webhooks/twilio/status';
const SID = `SM${'0'.repeat(32)}`;
const FORM = 'application/x-www-form-urlencoded';

let api: TwilioApi;
let app: TestApp;
let environment: Record<string, string>;

beforeAll(async () => {
  api = await TwilioApi.start();
  environment = {
    TWILIO_ACCOUNT_SID: `AC${'1'.repeat(32)}`,
    TWILIO_AUTH_TOKEN: AUTH_TOKEN,
    TWILIO_FROM: '+15005550001',
    TWILIO_API_URL: api.url,
  };
  app = await startTestApp(environment);
});
beforeEach(async () => {
  api.requests.length = 0;
  await query(app.databaseUrl, 'delete from outbox_message');
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await api[Symbol.asyncDispose]();
});

/** Writes an SMS to the outbox as a step does, for the app to deliver. */
async function writeSms(): Promise<void> {
  const config = readConfig({ ...TEST_ENVIRONMENT, ...environment });
  if (config.twilio === null) throw new Error('Twilio is not configured.');
  const outbox = new Outbox({
    ring: new KeyRing(config.secretKeys),
    transports: { sms: twilioTransport(config.twilio) },
    geoip: { placeOf: () => null },
    log: createLog('silent'),
  });
  const orm = await openOrm(app.databaseUrl);
  const unitOfWork = new UnitOfWork();
  const now = app.clock.now();
  const message = {
    channel: 'sms',
    to: NUMBER,
    subject: '',
    text: 'a text',
    html: null,
    code: null,
  } as const;
  outbox.add(unitOfWork, message, now, addSeconds(now, 300));
  await unitOfWork.commit(orm.em.fork());
  await orm.close();
}

/** @returns the URL that Twilio is told to report to. */
async function sentSms(): Promise<string> {
  await writeSms();
  await until(async () => expect(await stored()).toMatchObject({ sent_at: expect.any(Date) }));
  return api.requests.at(-1)?.form['StatusCallback'] ?? '';
}

/** The only message in the outbox. */
async function stored(): Promise<object | undefined> {
  const rows = await query(
    app.databaseUrl,
    'select id, sealed, sent_at, failed_at, failure, provider_id, delivery_status from outbox_message',
  );
  expect(rows).toHaveLength(1);
  return rows[0];
}

const fieldsOf = (status: string, more: Record<string, string> = {}) => ({
  AccountSid: `AC${'1'.repeat(32)}`,
  To: NUMBER,
  MessageSid: SID,
  MessageStatus: status,
  ...more,
});

/** Posts a report that was signed for a URL to that URL's path on the app. */
const post = (
  address: string,
  { headers, body }: { headers: Record<string, string>; body: string },
  target = address.slice(new URL(address).origin.length),
) => fetch(`${app.url}${target}`, { method: 'POST', headers, body });

const report = async (address: string, status: string, more: Record<string, string> = {}): Promise<number> =>
  (await post(address, signedReport(AUTH_TOKEN, address, fieldsOf(status, more)))).status;

describe('a report from Twilio', () => {
  test('is requested at the URL of this server and recorded', async () => {
    const address = await sentSms();
    expect(address).toMatch(/^http:\/\/localhost:4000\/webhooks\/twilio\/status\?message=[0-9a-f-]{36}$/);
    expect(await stored()).toMatchObject({ sealed: null, provider_id: SID, delivery_status: 'queued' });
    expect(await report(address, 'delivered')).toBe(204);
    expect(await stored()).toMatchObject({ failed_at: null, delivery_status: 'delivered' });
  });

  test('that arrives late or twice does not reset the status', async () => {
    const address = await sentSms();
    for (const status of ['sent', 'delivered', 'sending', 'sent', 'undelivered'])
      expect(await report(address, status)).toBe(204);
    expect(await stored()).toMatchObject({ failed_at: null, delivery_status: 'delivered' });
  });

  test('about an undelivered message is logged as a warning without the phone number', async () => {
    const address = await sentSms();
    const before = app.log.length;
    expect(await report(address, 'undelivered', { ErrorCode: '30003' })).toBe(204);
    expect(await stored()).toMatchObject({
      failed_at: expect.any(Date),
      failure: 'The provider reported undelivered, code 30003.',
      delivery_status: 'undelivered',
    });
    const lines = app.log.slice(before);
    expect(lines.map((line) => JSON.parse(line)).filter((line) => line.level === 40)).toMatchObject([
      { status: 'undelivered', errorCode: 30_003, messageId: new URL(address).searchParams.get('message') },
    ]);
    expect(lines.join()).not.toContain(NUMBER.slice(1));
  });

  test.each([
    ['an unknown status', fieldsOf('dreaming')],
    ['a status named like a property of Object', fieldsOf('constructor')],
    ['no status', { MessageSid: SID }],
  ])('with %s is accepted and ignored', async (_what, fields) => {
    const address = await sentSms();
    const before = await stored();
    expect((await post(address, signedReport(AUTH_TOKEN, address, fields))).status).toBe(204);
    expect(await stored()).toEqual(before);
  });

  test.each(['', '?message=', "?message=x'--", '?message=00000000-0000-4000-8000-000000000000'])(
    'about an unknown message changes nothing: "%s"',
    async (query) => {
      await sentSms();
      const before = await stored();
      expect(await report(`http://localhost:4000${PATH}${query}`, 'failed')).toBe(204);
      expect(await stored()).toEqual(before);
    },
  );
});

describe('a report that Twilio did not sign for this URL is refused and changes nothing', () => {
  const OTHER = '00000000-0000-4000-8000-000000000000';
  type Request = { headers: Record<string, string>; body: string };

  test.each<[string, (address: string) => [Request, string?]]>([
    ['no signature', () => [{ headers: { 'content-type': FORM }, body: 'MessageStatus=failed' }]],
    [
      'an empty signature',
      () => [{ headers: { 'content-type': FORM, 'x-twilio-signature': '' }, body: 'MessageStatus=failed' }],
    ],
    [
      'a signature with another token',
      (address) => [signedReport('another token, of sixteen', address, fieldsOf('failed'))],
    ],
    [
      'a signature for the Host header instead of the configured URL',
      (address) => [
        signedReport(AUTH_TOKEN, address.replace('http://localhost:4000', app.url), fieldsOf('failed')),
        address.slice('http://localhost:4000'.length),
      ],
    ],
    [
      'a replay with another status',
      (address) => {
        const { headers } = signedReport(AUTH_TOKEN, address, fieldsOf('sent'));
        return [{ headers, body: new URLSearchParams(fieldsOf('failed')).toString() }];
      },
    ],
    [
      'a replay with an additional field',
      (address) => {
        const { headers, body } = signedReport(AUTH_TOKEN, address, fieldsOf('sent'));
        return [{ headers, body: `${body}&MessageStatus=failed` }];
      },
    ],
    [
      'a replay for another message',
      (address) => [
        signedReport(AUTH_TOKEN, address.replace(/message=.*/, `message=${OTHER}`), fieldsOf('failed')),
        address.slice('http://localhost:4000'.length),
      ],
    ],
    [
      'a replay with another query string',
      (address) => [
        signedReport(AUTH_TOKEN, address, fieldsOf('failed')),
        `${address.slice('http://localhost:4000'.length)}&x=1`,
      ],
    ],
  ])('%s', async (_what, forge) => {
    const address = await sentSms();
    const before = await stored();
    const [request, target] = forge(address);
    const answer = await post(address, request, target);
    expect(answer.status).toBe(403);
    expect(await answer.json()).toMatchObject({ errors: [{ extensions: { code: 'FORBIDDEN' } }] });
    expect(await stored()).toEqual(before);
  });
});

describe('a request that is not a report', () => {
  const address = `http://localhost:4000${PATH}`;

  test.each([
    ['a GET request', { method: 'GET' }, 405],
    ['JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }, 415],
    ['a body without a content type', { method: 'POST', body: new Uint8Array(3) }, 415],
    ['a large form', { method: 'POST', headers: { 'content-type': FORM }, body: 'x'.repeat(16_385) }, 413],
    ['a malformed form', { method: 'POST', headers: { 'content-type': FORM }, body: '%%%&&==' }, 403],
  ])('is refused with a typed error: %s', async (_what, request, status) => {
    const answer = await fetch(`${app.url}${PATH}`, request);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });

  test('is refused unread if its length is unknown', async () => {
    const head = `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: ${FORM}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
    expect((await rawHttp(app.url, head)).status).toBe(411);
  });

  test('gets a 404 if Twilio is not configured', async () => {
    await using without = await startTestApp();
    const { headers, body } = signedReport('', address, fieldsOf('sent'));
    const answer = await fetch(`${without.url}${PATH}`, { method: 'POST', headers, body });
    expect(answer.status).toBe(404);
  });
});

test('a message that Twilio permanently refuses is a dead message with the error code and without the phone number', async () => {
  const { answer } = api;
  api.answer = twilioError(400, 21_610, `Attempt to send to unsubscribed recipient ${NUMBER}`);
  await writeSms();
  const failure = 'Twilio did not accept the message: HTTP 400, code 21610.';
  await until(async () =>
    expect(await stored()).toMatchObject({ sealed: expect.any(String), sent_at: null, failure }),
  );
  api.answer = answer;
  expect(app.log.join()).not.toContain(NUMBER.slice(1));
});

// The whole way of an SMS: out through Twilio's API, and back as a report of what became of it, which counts only when
// Twilio signed it for this very address.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { readConfig } from '../../src/config/config.ts';
import { Outbox } from '../../src/delivery/outbox.ts';
import { twilioTransport } from '../../src/delivery/twilio.ts';
import { openOrm } from '../../src/persistence/orm.ts';
import { Settlement } from '../../src/persistence/settlement.ts';
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

/** Writes an SMS as a step does, for the app to hand over. */
async function writeSms(): Promise<void> {
  const config = readConfig({ ...TEST_ENVIRONMENT, ...environment });
  if (config.twilio === null) throw new Error('Twilio is not configured.');
  const outbox = new Outbox({
    ring: new KeyRing(config.secretKeys),
    transports: { sms: twilioTransport(config.twilio) },
    places: { placeOf: () => null },
    log: createLog('silent'),
  });
  const orm = await openOrm(app.databaseUrl);
  const settlement = new Settlement();
  const now = app.clock.now();
  const message = {
    channel: 'sms',
    to: NUMBER,
    subject: '',
    text: 'a text',
    html: null,
    code: null,
  } as const;
  outbox.add(settlement, message, now, addSeconds(now, 300));
  await settlement.commit(orm.em.fork());
  await orm.close();
}

/** @returns where Twilio is to report on it. */
async function sentSms(): Promise<string> {
  await writeSms();
  await until(async () => expect(await stored()).toMatchObject({ sent_at: expect.any(Date) }));
  return api.requests.at(-1)?.form['StatusCallback'] ?? '';
}

/** The one message. */
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

/** Posts to the app what was signed for an address, at that address's path. */
const post = (
  address: string,
  { headers, body }: { headers: Record<string, string>; body: string },
  target = address.slice(new URL(address).origin.length),
) => fetch(`${app.url}${target}`, { method: 'POST', headers, body });

const report = async (address: string, status: string, more: Record<string, string> = {}): Promise<number> =>
  (await post(address, signedReport(AUTH_TOKEN, address, fieldsOf(status, more)))).status;

describe('a report of Twilio', () => {
  test('is asked for at our own address, and noted', async () => {
    const address = await sentSms();
    expect(address).toMatch(/^http:\/\/localhost:4000\/webhooks\/twilio\/status\?message=[0-9a-f-]{36}$/);
    expect(await stored()).toMatchObject({ sealed: null, provider_id: SID, delivery_status: 'queued' });
    expect(await report(address, 'delivered')).toBe(204);
    expect(await stored()).toMatchObject({ failed_at: null, delivery_status: 'delivered' });
  });

  test('that comes late or twice takes nothing back', async () => {
    const address = await sentSms();
    for (const status of ['sent', 'delivered', 'sending', 'sent', 'undelivered'])
      expect(await report(address, status)).toBe(204);
    expect(await stored()).toMatchObject({ failed_at: null, delivery_status: 'delivered' });
  });

  test('of a message that did not arrive is warned of, without a number', async () => {
    const address = await sentSms();
    const before = app.log.length;
    expect(await report(address, 'undelivered', { ErrorCode: '30003' })).toBe(204);
    expect(await stored()).toMatchObject({
      failed_at: expect.any(Date),
      failure: 'Reported as undelivered, code 30003.',
      delivery_status: 'undelivered',
    });
    const lines = app.log.slice(before);
    expect(lines.map((line) => JSON.parse(line)).filter((line) => line.level === 40)).toMatchObject([
      { status: 'undelivered', errorCode: 30_003, messageId: new URL(address).searchParams.get('message') },
    ]);
    expect(lines.join()).not.toContain(NUMBER.slice(1));
  });

  test.each([
    ['a status that we do not know', fieldsOf('dreaming')],
    ['a status that every object has', fieldsOf('constructor')],
    ['no status', { MessageSid: SID }],
  ])('that says nothing to us is taken and ignored: %s', async (_what, fields) => {
    const address = await sentSms();
    const before = await stored();
    expect((await post(address, signedReport(AUTH_TOKEN, address, fields))).status).toBe(204);
    expect(await stored()).toEqual(before);
  });

  test.each(['', '?message=', "?message=x'--", '?message=00000000-0000-4000-8000-000000000000'])(
    'about no message of ours changes nothing: %s',
    async (query) => {
      await sentSms();
      const before = await stored();
      expect(await report(`http://localhost:4000${PATH}${query}`, 'failed')).toBe(204);
      expect(await stored()).toEqual(before);
    },
  );
});

describe('a report that is not signed by Twilio for this address is refused, and changes nothing', () => {
  const OTHER = '00000000-0000-4000-8000-000000000000';
  type Request = { headers: Record<string, string>; body: string };

  test.each<[string, (address: string) => [Request, string?]]>([
    ['no signature', () => [{ headers: { 'content-type': FORM }, body: 'MessageStatus=failed' }]],
    [
      'an empty one',
      () => [{ headers: { 'content-type': FORM, 'x-twilio-signature': '' }, body: 'MessageStatus=failed' }],
    ],
    ['a forged one', (address) => [signedReport('another token, of sixteen', address, fieldsOf('failed'))]],
    [
      'one of the Host that was asked, and not of our address',
      (address) => [
        signedReport(AUTH_TOKEN, address.replace('http://localhost:4000', app.url), fieldsOf('failed')),
        address.slice('http://localhost:4000'.length),
      ],
    ],
    [
      'one that was replayed with another status',
      (address) => {
        const { headers } = signedReport(AUTH_TOKEN, address, fieldsOf('sent'));
        return [{ headers, body: new URLSearchParams(fieldsOf('failed')).toString() }];
      },
    ],
    [
      'one that was replayed with a field more',
      (address) => {
        const { headers, body } = signedReport(AUTH_TOKEN, address, fieldsOf('sent'));
        return [{ headers, body: `${body}&MessageStatus=failed` }];
      },
    ],
    [
      'one that was replayed for another message',
      (address) => [
        signedReport(AUTH_TOKEN, address.replace(/message=.*/, `message=${OTHER}`), fieldsOf('failed')),
        address.slice('http://localhost:4000'.length),
      ],
    ],
    [
      'one with another query',
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

describe('what is no report', () => {
  const address = `http://localhost:4000${PATH}`;

  test.each([
    ['a question', { method: 'GET' }, 405],
    ['JSON', { method: 'POST', headers: { 'content-type': 'application/json' }, body: '{}' }, 415],
    ['no form', { method: 'POST', body: new Uint8Array(3) }, 415],
    ['a large form', { method: 'POST', headers: { 'content-type': FORM }, body: 'x'.repeat(16_385) }, 413],
    ['a form that is none', { method: 'POST', headers: { 'content-type': FORM }, body: '%%%&&==' }, 403],
  ])('is refused in the form of every other error: %s', async (_what, request, status) => {
    const answer = await fetch(`${app.url}${PATH}`, request);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ errors: [{ message: expect.any(String) }] });
  });

  test('a body of unknown length is refused unread', async () => {
    const head = `POST ${PATH} HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\ncontent-type: ${FORM}\r\ntransfer-encoding: chunked\r\n\r\n0\r\n\r\n`;
    expect((await rawHttp(app.url, head)).status).toBe(411);
  });

  test('without Twilio there is nothing here', async () => {
    await using without = await startTestApp();
    const { headers, body } = signedReport('', address, fieldsOf('sent'));
    const answer = await fetch(`${without.url}${PATH}`, { method: 'POST', headers, body });
    expect(answer.status).toBe(404);
  });
});

test('what Twilio refuses for good is a dead letter, with its code and no number', async () => {
  const { answer } = api;
  api.answer = twilioError(400, 21_610, `Attempt to send to unsubscribed recipient ${NUMBER}`);
  await writeSms();
  const failure = 'Twilio did not take a message: HTTP 400, code 21610.';
  await until(async () =>
    expect(await stored()).toMatchObject({ sealed: expect.any(String), sent_at: null, failure }),
  );
  api.answer = answer;
  expect(app.log.join()).not.toContain(NUMBER.slice(1));
});

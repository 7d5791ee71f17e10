// Web Push, against a push service that verifies and decrypts what it gets; and addresses that must not be connected to.
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { DeliveryError, type Message } from '../../src/delivery/message.ts';
import { pushTransport } from '../../src/delivery/push.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';
import { DeviceClient, requestOn } from '../harness/device-owner.ts';
import { query } from '../harness/sql.ts';
import { PushService } from './push-service.ts';

let service: PushService;
let app: TestApp;
let client: DeviceClient;

beforeAll(async () => {
  service = await PushService.start();
  app = await startTestApp();
  client = new DeviceClient(app);
});
afterAll(async () => {
  await app[Symbol.asyncDispose]();
  await service[Symbol.asyncDispose]();
});
beforeEach(() => {
  service.answers.length = 0;
});

/** A user whose device is subscribed, and a sign-in that asks it. */
async function asked() {
  const person = await client.owner(service.subscription);
  const id = await client.halfSignIn(person);
  const next = service.next();
  const { number, url } = await client.request(id);
  return { person, id, number, url, next };
}

const logged = (text: string): Promise<void> =>
  expect.poll(() => app.log.some((line) => line.includes(text)), { timeout: 10_000 }).toBe(true);

describe('a subscribed device', () => {
  test('is told of a request by a message that only it can read, and that says nothing about it', async () => {
    const { person, id, number, url, next } = await asked();
    expect(url).toBeUndefined();
    const { payload, vapid, headers, senderKey, path } = await next;
    const request = await requestOn(person.device);
    expect(payload).toEqual({ request: request.id });
    expect(path).toBe('/send/a-secret-path');
    expect(headers).toMatchObject({ 'content-encoding': 'aes128gcm', urgency: 'high', ttl: '180' });
    expect(vapid).toMatchObject({ aud: service.origin, sub: 'mailto:stepgate@localhost' });
    expect(vapid.exp).toBeLessThanOrEqual(Date.now() / 1000 + 86_400);
    const { data } = await client.graphql('{ settings { pushKey } }');
    expect(data.settings.pushKey).toBe(senderKey);
    await person.device.approve(request, number);
    expect((await client.finish(id)).status).toBe('COMPLETE');
  });

  test('has the same key after a restart and on every node', async () => {
    const other = await startTestApp({}, app.databaseUrl, app.clock);
    try {
      const keys = await Promise.all(
        [app, other].map(
          async (one) => (await new DeviceClient(one).graphql('{ settings { pushKey } }')).data,
        ),
      );
      expect(keys[0]).toEqual(keys[1]);
    } finally {
      await other[Symbol.asyncDispose]();
    }
    const [row] = await query<{ sealed_private_key: string }>(app.databaseUrl, 'select * from push_key');
    expect(row?.sealed_private_key).toMatch(/^[0-9a-f]{8}\.[\w-]+$/);
  });

  test.each([404, 410])(
    'that is no longer subscribed (%d) is forgotten, and the next request shows an address',
    async (status) => {
      service.answers.push({ status });
      const { person, id, next } = await asked();
      await next;
      await logged(`did not accept the message: ${status}`);
      await expect
        .poll(async () => {
          app.clock.advance(31);
          return (await client.request(id)).url;
        })
        .toMatch(/\/approve#request=/);
      expect(await person.device.pending()).toHaveLength(1);
    },
  );

  test('is told again when the push service says', async () => {
    service.answers.push({ status: 429, headers: { 'retry-after': '1' } });
    const { next } = await asked();
    const first = await next;
    const again = await service.next();
    expect(again.payload).toEqual(first.payload);
    expect(again.headers['topic']).toBe(first.headers['topic']);
    await logged('postponed');
  });

  test('does not appear in a log line or a table: neither its address nor its secrets', async () => {
    service.answers.push({ status: 500 }, { status: 400 });
    const { next } = await asked();
    await next;
    await service.next();
    await logged('did not accept the message: 400');
    const { endpoint, keys } = service.subscription;
    for (const secret of [endpoint, 'a-secret-path', keys.auth, keys.p256dh])
      expect(app.log.filter((line) => line.includes(secret))).toEqual([]);
    const rows = await query<{ text: string }>(
      app.databaseUrl,
      `select a::text as text from authenticator a union all select m::text from outbox_message m
       union all select e::text from audit_event e union all select c::text from challenge c`,
    );
    expect(rows.length).toBeGreaterThan(10);
    for (const secret of ['a-secret-path', keys.auth, keys.p256dh])
      expect(rows.filter(({ text }) => text.includes(secret))).toEqual([]);
  });
});

describe('in production', () => {
  const transport = pushTransport({
    key: { publicKey: 'B'.repeat(87), privateKey: 'A'.repeat(43) },
    contact: 'mailto:auth@example.com',
    mayBePrivate: false,
    forget: async () => {},
  });
  const send = async (endpoint: string): Promise<unknown> => {
    const to = JSON.stringify({ deviceId: 'x', ...service.subscription, endpoint });
    const message: Message = { channel: 'push', to, subject: '', text: '{}', html: null, code: null };
    const id = crypto.randomUUID();
    const before = service.requests;
    const error = await transport
      .send(message, { id, signal: new AbortController().signal })
      .catch((thrown: unknown) => thrown);
    expect(service.requests).toBe(before);
    return error;
  };

  test.each([
    '127.0.0.1',
    '[::1]',
    '[::ffff:127.0.0.1]',
    '10.0.0.1',
    '192.168.1.1',
    '172.16.0.1',
    '169.254.169.254',
    '[fe80::1]',
    '[fd00::1]',
    '[64:ff9b::7f00:1]',
    '0.0.0.0',
    '[::]',
    '2130706433', // 127.0.0.1
    '0x7f.1',
    '100.64.0.1',
    'localhost',
  ])('the address %s is not connected to', async (host) => {
    const error = await send(`https://${host}:${service.port}/send/x`);
    expect(error).toBeInstanceOf(DeliveryError);
    expect(error).toMatchObject({ isFinal: true, message: expect.stringContaining('PRIVATE_ADDRESS') });
  });
});

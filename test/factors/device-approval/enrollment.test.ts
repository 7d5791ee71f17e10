// The enrollment of a device that approves, by an address that it opens once.
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { startTestApp, type TestApp } from '../../harness/app.ts';
import { DeviceClient, outcomeOf } from '../../harness/device-owner.ts';

let app: TestApp;
let client: DeviceClient;

beforeAll(async () => {
  app = await startTestApp();
  client = new DeviceClient(app);
});
afterAll(() => app[Symbol.asyncDispose]());

async function begun() {
  const person = await client.signUp();
  const token = person.accessToken;
  const started = await client.startEnrollment({ factor: 'DEVICE_APPROVAL', label: 'My phone' }, token);
  const { url, ...material } = await client.materialOf(started.id, token);
  return { person, token, id: started.id, url: url ?? '', material, started };
}

describe('the enrollment of a device', () => {
  test('shows an address and its QR code, needs no challenge, and then names the device that opened it', async () => {
    const { token, id, url, material, started } = await begun();
    expect(started.factors).toEqual([
      expect.objectContaining({ factor: 'DEVICE_APPROVAL', needsPreparing: false }),
    ]);
    expect(url).toMatch(/^http:\/\/localhost:4000\/approve#enroll=[0-9a-f-]{36}\.[\w-]{43}$/);
    expect(material).toMatchObject({
      qrCode: expect.stringMatching(/^data:image\/svg\+xml/),
      enrolledAt: null,
    });
    expect((await client.attempt(id, { deviceApproval: true }, token)).code).toBe('DEVICE_NOT_APPROVED');
    const device = await client.scan(url);
    expect(await client.materialOf(id, token)).toEqual({ enrolledAt: expect.any(String), browser: null });
    // It does not count before the user has confirmed it.
    expect(await outcomeOf(device.pending())).toBe('DEVICE_NOT_RECOGNIZED');
    const done = await client.attempt(id, { deviceApproval: true }, token);
    expect(done.status).toBe('COMPLETE');
    expect(done.backupCodes).toHaveLength(10);
    expect(await device.pending()).toEqual([]);
  });

  test('takes the first of several devices that open the address', async () => {
    const { url } = await begun();
    const outcomes = await Promise.all(Array.from({ length: 5 }, () => outcomeOf(client.scan(url))));
    expect(outcomes.toSorted()).toEqual([...Array(4).fill('DEVICE_ENROLLMENT_EXPIRED'), 'done']);
    expect(await outcomeOf(client.scan(url))).toBe('DEVICE_ENROLLMENT_EXPIRED');
  });

  test('ends ten minutes after the address was shown', async () => {
    const { url } = await begun();
    app.clock.advance(601);
    expect(await outcomeOf(client.scan(url))).toBe('DEVICE_ENROLLMENT_EXPIRED');
  });

  test.each([
    ['another secret', (url: string) => url.replace(/\.[\w-]{43}$/, `.${'A'.repeat(43)}`)],
    ['another enrollment', (url: string) => url.replace(/=[0-9a-f-]{36}/, `=${crypto.randomUUID()}`)],
    ['no secret', (url: string) => url.replace(/\.[\w-]{43}$/, '.')],
    ['something else', () => 'http://localhost:4000/approve#enroll=x'],
  ])('is refused with %s', async (_, wrong) => {
    const { url } = await begun();
    expect(await outcomeOf(client.scan(wrong(url)))).toBe('DEVICE_ENROLLMENT_EXPIRED');
    expect(await outcomeOf(client.scan(url))).toBe('done');
  });

  test('is refused without a proof that the device has the key', async () => {
    const { url } = await begun();
    const { device } = await client.owner();
    const token = url.split('#enroll=')[1] ?? '';
    const { publicKey } = await crypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, [
      'sign',
    ]);
    const { kty, crv, x, y } = await crypto.subtle.exportKey('jwk', publicKey);
    const signature = await device.sign('enroll', token, x ?? '', y ?? '', '', '', '');
    const enroll = (input: object) =>
      outcomeOf(
        device.ask(
          'mutation',
          'enrollDevice',
          'EnrollDeviceInput',
          input,
          '... on EnrolledDevice { account }',
        ),
      );
    expect(await enroll({ token, publicKey: { kty, crv, x, y }, signature })).toBe('DEVICE_NOT_RECOGNIZED');
    // A point that is not on the curve.
    const off = { kty, crv, x: 'A'.repeat(43), y: 'A'.repeat(43) };
    expect(await enroll({ token, publicKey: off, signature })).toBe('DEVICE_NOT_RECOGNIZED');
    for (const publicKey of [{}, null, [], 'x', { kty, crv: 'P-384', x, y }, { kty: 'RSA', n: 'x' }])
      expect(await enroll({ token, publicKey: publicKey ?? 7, signature })).toBe('INVALID_INPUT');
  });

  test.each([
    'http://push.example.com/x',
    'ftp://push.example.com/x',
    'https://user@push.example.com/x',
    'https://push.example.com/x\ny',
    `https://push.example.com/${'x'.repeat(2048)}`,
    'no URL',
  ])('refuses the subscription %j', async (endpoint) => {
    const { url } = await begun();
    const keys = { p256dh: 'B'.repeat(87), auth: 'A'.repeat(22) };
    expect(await outcomeOf(client.scan(url, { endpoint, keys }))).toBe('INVALID_INPUT');
  });
});

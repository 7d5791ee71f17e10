// DNS rebinding: a web page makes its own name resolve to a developer's machine, to read what is served there, such as the
// codes in the inbox. The browser sends that name as the Host, and a server in development refuses it.
import { request } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { hostsOf } from '../../src/server/hosts.ts';
import { startTestApp, type TestApp } from '../harness/app.ts';

let app: TestApp;
beforeAll(async () => {
  app = await startTestApp({ PUBLIC_URL: 'https://auth.example.com' });
});
afterAll(() => app[Symbol.asyncDispose]());

function statusFor(host: string, path: string, method = 'GET'): Promise<[number | undefined, string]> {
  return new Promise((resolve, reject) => {
    const sent = request(`${app.url}${path}`, { method, headers: { host } }, (response) => {
      let text = '';
      response.on('data', (chunk) => (text += chunk));
      response.on('end', () => resolve([response.statusCode, text]));
    });
    sent.on('error', reject).end();
  });
}

describe('in development', () => {
  test.each([
    'evil.example',
    'evil.example:4000',
    'localhost.evil.example',
    '127.0.0.1.evil.example',
    'EVIL.EXAMPLE.',
  ])('nothing is served to the host %s', async (host) => {
    for (const path of [
      '/dev/inbox',
      '/dev/inbox.json',
      '/graphql',
      '/',
      '/.well-known/jwks.json',
      '/link',
      '/nowhere',
    ]) {
      const [status, body] = await statusFor(host, path);
      expect(status).toBe(421);
      expect(JSON.parse(body)).toMatchObject({ errors: [{ extensions: { code: 'MISDIRECTED_REQUEST' } }] });
    }
    expect((await statusFor(host, '/graphql', 'POST'))[0]).toBe(421);
  });

  test.each([
    'localhost',
    'localhost:4000',
    'LOCALHOST',
    'app.localhost:3000',
    '127.0.0.1:1',
    '192.168.1.7',
    '[::1]:4000',
    'stepgate:4000', // another container
    'auth.example.com', // PUBLIC_URL
    'auth.example.com.',
  ])('the inbox is served to the host %s', async (host) => {
    expect((await statusFor(host, '/dev/inbox.json'))[0]).toBe(200);
  });
});

test('in development, the name in HOST is accepted', () => {
  const serves = hostsOf({ production: false, publicUrl: 'http://localhost:4000', host: 'node-1.internal' });
  expect(serves('node-1.internal:4000')).toBe(true);
  expect(serves('node-2.internal:4000')).toBe(false);
});

test('in production, every host is accepted, because the proxy checks it', () => {
  const serves = hostsOf({ production: true, publicUrl: 'https://auth.example.com', host: '0.0.0.0' });
  expect(serves('10-0-0-7.pods.example')).toBe(true);
});

// The guarded client for what is fetched by a configured URL (I4).
import type { ServerResponse } from 'node:http';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { outgoing } from '../../src/platform/outgoing.ts';
import { type LoopbackRequest, LoopbackServer } from '../harness/loopback-server.ts';

class Server extends LoopbackServer {
  readonly seen: LoopbackRequest[] = [];
  protected respond(request: LoopbackRequest, response: ServerResponse): void {
    this.seen.push(request);
    switch (request.path.replace(/\?.*/, '')) {
      case '/large':
        return void response.end(Buffer.alloc(2_000_000));
      case '/endless':
        response.write('{');
        return;
      case '/cut':
        response.writeHead(200, { 'content-length': '100' });
        response.write('{');
        response.socket?.destroySoon();
        return;
      case '/redirect':
        return void response.writeHead(302, { location: '/json' }).end();
      default:
        response.writeHead(200, { 'content-type': 'application/json' }).end('{"a":1}');
    }
  }
}

let server: Server;
beforeAll(async () => {
  server = await new Server().listen();
});
afterAll(() => server[Symbol.asyncDispose]());

const open = outgoing({ mayBeInsecure: true, mayBePrivate: true });

describe('I4: in production', () => {
  const guarded = outgoing({ mayBeInsecure: false, mayBePrivate: false });
  test.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://localhost/',
    'https://2130706433/',
    'https://0x7f.1/',
  ])('%s is not connected to', async (url) => {
    await expect(guarded(url)).rejects.toMatchObject({ name: 'OutgoingError', code: 'PRIVATE_ADDRESS' });
  });

  test('HTTP and other schemes are refused', async () => {
    for (const url of [server.url, 'file:///etc/passwd', 'ftp://example.com/'])
      await expect(guarded(url)).rejects.toMatchObject({ code: 'INSECURE' });
    const before = server.seen.length;
    await expect(outgoing({ mayBeInsecure: true, mayBePrivate: false })(server.url)).rejects.toMatchObject({
      code: 'PRIVATE_ADDRESS',
    });
    expect(server.seen).toHaveLength(before);
  });
});

test('an answer arrives with its status, headers and body', async () => {
  const answer = await open(`${server.url}/json`, {
    method: 'POST',
    headers: { accept: 'x' },
    body: new URLSearchParams({ a: 'b' }),
  });
  expect([answer.status, answer.headers.get('content-type'), await answer.json()]).toEqual([
    200,
    'application/json',
    { a: 1 },
  ]);
  expect(server.seen.at(-1)).toMatchObject({ method: 'POST', body: 'a=b' });
});

test('I4: redirects are not followed, answers have a limit, and a failure names neither URL nor content', async () => {
  expect((await open(`${server.url}/redirect`)).status).toBe(302);
  for (const [path, code] of [
    ['/large', 'TOO_LARGE'],
    ['/cut', /ECONNRESET|CUT_OFF|ABORTED/],
  ] as const) {
    const error: unknown = await open(`${server.url}${path}?secret`).catch((caught: unknown) => caught);
    expect(error).toMatchObject({ code: expect.stringMatching(code) });
    expect(String(error)).not.toMatch(/127\.0\.0\.1|secret/);
  }
  await expect(open(`${server.url}/endless`, { signal: AbortSignal.timeout(50) })).rejects.toMatchObject({
    code: 'TIMEOUT',
  });
  await expect(open('http://127.0.0.1:9/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
});

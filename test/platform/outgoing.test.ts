// The guarded client of the server (I4), against servers on loopback.
import { once } from 'node:events';
import type { ServerResponse } from 'node:http';
import { type AddressInfo, createServer } from 'node:net';
import { afterAll, beforeAll, beforeEach, describe, expect, test } from 'vitest';
import { type OutgoingTerms, outgoing } from '../../src/platform/outgoing.ts';
import { type LoopbackRequest, LoopbackServer } from '../harness/loopback-server.ts';

class Server extends LoopbackServer {
  readonly seen: LoopbackRequest[] = [];
  protected respond(request: LoopbackRequest, response: ServerResponse): void {
    this.seen.push(request);
    switch (request.path.replace(/\?.*/, '')) {
      case '/large':
        return void response.end(Buffer.alloc(1_048_577));
      case '/just-right':
        return void response.end(Buffer.alloc(1_048_576, 'x'));
      case '/flood': {
        const flood = () => {
          while (!response.destroyed && response.write(Buffer.alloc(65_536)));
        };
        response.on('drain', flood);
        return flood();
      }
      case '/drip': {
        const drip = setInterval(() => response.write('x'), 10);
        return void response.on('close', () => clearInterval(drip));
      }
      case '/silent':
        return;
      case '/cut':
        response.writeHead(200, { 'content-length': '100' });
        response.write('{');
        response.socket?.destroySoon();
        return;
      case '/redirect':
        return void response.writeHead(302, { location: `${this.url}/json` }).end();
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
beforeEach(() => {
  server.seen.length = 0;
});

const OPEN = { mayBeInsecure: true, mayBePrivate: true };
const open = outgoing(OPEN);

describe('I4: in production', () => {
  const guarded = outgoing({ mayBeInsecure: false, mayBePrivate: false });
  test.each([
    'https://127.0.0.1/',
    'https://[::1]/',
    'https://[::ffff:127.0.0.1]/',
    'https://[64:ff9b::127.0.0.1]/',
    'https://[64:ff9b:1::8.8.8.8]/',
    'https://10.0.0.1/',
    'https://169.254.169.254/latest/meta-data/',
    'https://localhost/',
    'https://2130706433/',
    'https://0x7f.1/',
  ])('%s is not connected to', async (url) => {
    await expect(guarded(url)).rejects.toMatchObject({ name: 'OutgoingError', code: 'PRIVATE_ADDRESS' });
  });

  test('HTTP and other schemes are refused', async () => {
    for (const url of [server.url, 'file:///etc/passwd', 'ftp://example.com/', 'data:text/plain,x'])
      await expect(guarded(url)).rejects.toMatchObject({ code: 'INSECURE' });
    for (const url of ['file:///etc/passwd', 'ftp://127.0.0.1/', 'data:text/plain,x'])
      await expect(open(url)).rejects.toMatchObject({ code: 'INSECURE' });
    expect(server.seen).toHaveLength(0);
  });
});

describe('I4: a name', () => {
  /** A resolver that answers with the next of these lists each time. */
  function resolver(...answers: string[][]) {
    const asked: string[] = [];
    const resolve: OutgoingTerms['resolve'] = (host, _options, callback) => {
      asked.push(host);
      const addresses = answers[asked.length - 1] ?? [];
      callback(
        null,
        addresses.map((address) => ({ address, family: address.includes(':') ? 6 : 4 })),
      );
    };
    const terms = { mayBeInsecure: true, mayBePrivate: false, timeoutSeconds: 0.2, resolve };
    return { asked, send: outgoing(terms) };
  }
  const url = (): string => server.url.replace('127.0.0.1', 'rebound.example');

  test.each([
    [['127.0.0.1']],
    [['8.8.8.8', '127.0.0.1']],
    [['2606:2800:21f::1', '::1']],
    [['64:ff9b::7f00:1']],
    [[]],
  ])('that resolves to %j is not connected to', async (addresses) => {
    const { send, asked } = resolver(addresses);
    await expect(send(url())).rejects.toMatchObject({ code: 'PRIVATE_ADDRESS' });
    expect(asked).toEqual(['rebound.example']);
    expect(server.seen).toHaveLength(0);
  });

  test('is resolved once for a request, and what was checked is connected to (DNS rebinding)', async () => {
    const { send, asked } = resolver(['2d00::1'], ['127.0.0.1'], ['127.0.0.1']);
    // Nobody has the first address. The second answer is not asked for.
    await expect(send(url())).rejects.toMatchObject({ code: expect.not.stringMatching('PRIVATE_ADDRESS') });
    expect(asked).toHaveLength(1);
    await expect(send(url())).rejects.toMatchObject({ code: 'PRIVATE_ADDRESS' });
    expect(asked).toHaveLength(2);
    expect(server.seen).toHaveLength(0);
  });

  test('is resolved anew for each request, because no connection is kept', async () => {
    for (let round = 0; round < 2; round += 1) await open(`${server.url}/json`);
    expect(server.seen.map(({ headers }) => headers.connection)).toEqual(['close', 'close']);
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
  await open(`${server.url}/json`, { method: 'POST', body: Uint8Array.of(0, 255, 10) });
  expect(server.seen.at(-1)?.bytes).toEqual(Buffer.of(0, 255, 10));
});

describe('I4: an answer', () => {
  test('that redirects is not followed, not even to a server that may be reached', async () => {
    const answer = await open(`${server.url}/redirect`);
    expect([answer.status, answer.ok]).toEqual([302, false]);
    expect(server.seen.map(({ path }) => path)).toEqual(['/redirect']);
  });

  test('may have a mebibyte, or what was agreed, and not a byte more', async () => {
    expect(await (await open(`${server.url}/just-right`)).text()).toHaveLength(1_048_576);
    const small = outgoing({ ...OPEN, mostBytes: 7 });
    expect(await (await small(`${server.url}/json`)).text()).toHaveLength(7);
    for (const [send, path] of [
      [open, '/large'],
      [open, '/flood'],
      [outgoing({ ...OPEN, mostBytes: 6 }), '/json'],
    ] as const)
      await expect(send(`${server.url}${path}`)).rejects.toMatchObject({ code: 'TOO_LARGE' });
  });

  test('that nobody reads ends with its headers, however long it is', async () => {
    const send = outgoing({ ...OPEN, mostBytes: null });
    for (const path of ['/flood', '/drip']) {
      const { status, body } = await send(`${server.url}${path}`);
      expect({ status, body }).toEqual({ status: 200, body: null });
    }
  });

  test('that is slow, or never comes, is given up after the whole time, however steadily it drips', async () => {
    const impatient = outgoing({ ...OPEN, timeoutSeconds: 0.15 });
    for (const path of ['/drip', '/silent'])
      await expect(impatient(`${server.url}${path}`)).rejects.toMatchObject({ code: 'TIMEOUT' });
    const signal = AbortSignal.timeout(50);
    await expect(open(`${server.url}/drip`, { signal })).rejects.toMatchObject({ code: 'TIMEOUT' });
  });

  test.each([
    ['an unknown status', 'HTTP/1.1 999 X\r\ncontent-length: 0\r\n\r\n', 'INVALID_STATUS'],
    [
      'another protocol',
      'HTTP/1.1 101 Switching Protocols\r\nupgrade: x\r\nconnection: upgrade\r\n\r\n',
      'INVALID',
    ],
    ['headers without an end', `HTTP/1.1 200 OK\r\n${`a: ${'x'.repeat(1000)}\r\n`.repeat(100)}`, 'HPE_'],
    ['no HTTP', 'SSH-2.0-OpenSSH\r\n', 'HPE_'],
    ['nothing', '', ''],
  ])('with %s is an error, and does not end the server', async (_what, bytes, code) => {
    const raw = createServer((socket) => {
      socket.on('error', () => {});
      socket.once('data', () => socket.end(bytes));
    }).listen(0, '127.0.0.1');
    await once(raw, 'listening');
    const { port } = raw.address() as AddressInfo;
    await expect(open(`http://127.0.0.1:${port}/`)).rejects.toMatchObject({
      name: 'OutgoingError',
      code: expect.stringContaining(code),
    });
    raw.close();
  });

  test('that fails names neither the URL nor its content', async () => {
    for (const [path, code] of [
      ['/large', 'TOO_LARGE'],
      ['/cut', /ECONNRESET|CUT_OFF|ABORTED/],
    ] as const) {
      const error: unknown = await open(`${server.url}${path}?secret`).catch((caught: unknown) => caught);
      expect(error).toMatchObject({ code: expect.stringMatching(code) });
      expect(String(error)).not.toMatch(/127\.0\.0\.1|secret/);
    }
    await expect(open('http://127.0.0.1:9/')).rejects.toMatchObject({ code: 'ECONNREFUSED' });
  });
});

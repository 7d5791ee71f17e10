// Clients that send or read very slowly can hold a connection for a limited time only. Node enforces the limits; these
// tests check that they are set.
import { once } from 'node:events';
import { type AddressInfo, connect } from 'node:net';
import { describe, expect, test, vi } from 'vitest';
import { createLog } from '../../src/platform/log.ts';
import { createHttpServer } from '../../src/server/http.ts';

function serverOf(log: string[] = []) {
  return createHttpServer({
    graphql: (request, response) => {
      request.on('end', () => response.end('read'));
      request.resume();
    },
    jwks: async () => ({ keys: [] }),
    isReady: async () => true,
    inbox: null,
    twilioStatus: null,
    log: createLog('trace', { write: (line) => log.push(line) }),
  });
}

describe('a slow client', () => {
  test('has 10 seconds to send its headers, 30 seconds for its request, and may be silent for 60 seconds', () => {
    const { server } = serverOf();
    expect(server.headersTimeout).toBe(10_000);
    expect(server.requestTimeout).toBe(30_000);
    expect(server.timeout).toBe(60_000);
    expect(server.keepAliveTimeout).toBeLessThanOrEqual(10_000);
  });

  test('that exceeds its time gets a typed error and a log line', async () => {
    const log: string[] = [];
    const { server, stop } = serverOf(log);
    // The same server with shorter limits, because Node checks its connections only every five seconds.
    server.headersTimeout = 1;
    server.requestTimeout = 1;
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
    socket.write('POST /graphql HTTP/1.1\r\nhost: h\r\ncontent-le');
    const chunks: Buffer[] = [];
    socket.on('data', (chunk) => chunks.push(chunk));
    await once(socket, 'close');
    const [head = '', body = ''] = Buffer.concat(chunks).toString().split('\r\n\r\n');
    expect(head).toMatch(/^HTTP\/1\.1 408 /);
    expect(JSON.parse(body)).toEqual({
      errors: [{ message: expect.any(String), extensions: { code: 'REQUEST_TIMEOUT' } }],
    });
    expect(log.join('')).toContain('"status":408');
    await stop();
  });
});

test('a client that disconnects in the middle of a request is logged', async () => {
  const log: string[] = [];
  const { server, stop } = serverOf(log);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const socket = connect((server.address() as AddressInfo).port, '127.0.0.1');
  const arrived = once(server, 'request');
  socket.write('POST /graphql HTTP/1.1\r\nhost: h\r\ncontent-length: 5\r\n\r\nab');
  await arrived;
  socket.destroy();
  await stop();
  await vi.waitFor(() => expect(log.join('')).toMatch(/"path":"\/graphql".*"aborted":true/));
});

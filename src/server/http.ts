// The HTTP server: headers of every response, malformed requests, and graceful shutdown. The paths are in routes.ts.

import {
  createServer,
  type IncomingMessage,
  type RequestListener,
  type Server,
  type ServerResponse,
} from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import { isUnavailable } from '../persistence/failure.ts';
import { OperatorError } from '../platform/operator-error.ts';
import { requestIdFrom, withRequestId } from '../platform/request-id.ts';
import { bareProblem, type Problem, problem } from './answers.ts';
import { logFailure, UNAVAILABLE } from './failures.ts';
import { type HttpParts, route } from './routes.ts';
import type { Tls } from './tls.ts';

export interface HttpServer {
  readonly server: Server;
  /** @param port 0 for any free port. @returns the port that is used. @throws {ListenError} */
  listen(port: number, host: string): Promise<number>;
  /**
   * Reports that the server is not ready, but keeps serving for `drainSeconds`, so that load balancers stop sending
   * requests. Then it accepts no new requests, waits for running ones and closes.
   */
  stop(drainSeconds?: number): Promise<void>;
}

/** The server cannot listen on the address. */
export class ListenError extends OperatorError {
  readonly code = 'PORT_UNAVAILABLE';
  constructor(port: number, host: string, code: string) {
    const reason = code === 'EADDRINUSE' ? 'is already in use' : `cannot be used (${code})`;
    super(`Port ${port} on ${host} ${reason}. Stop the other program, or set PORT or HOST to another value.`);
  }
}

/** How long running requests may take after the port is closed. */
const FINISH_MS = 10_000;

/** Limits how long a slow client can hold a connection. */
const TIMEOUTS = { headersTimeout: 10_000, requestTimeout: 30_000, connectionsCheckingInterval: 5_000 };
const SILENCE_MS = 60_000;

const LONGEST_PATH_LOGGED = 200;

export function createHttpServer(parts: HttpParts): HttpServer {
  let isDraining = false;
  const securityHeaders = [...SECURITY_HEADERS, ...(parts.isHttpsOnly ? HSTS : [])];
  let isStopping = false;
  const served = { ...parts, isReady: async () => !isDraining && (await parts.isReady()) };
  const sockets = new Set<Socket>();
  const running = new Set<ServerResponse>();
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const startedAt = performance.now();
    const path = request.url?.split('?', 1)[0] ?? '/';
    const requestId = requestIdFrom(request.headers['x-request-id']);
    running.add(response);
    response.setHeader('x-request-id', requestId);
    for (const [name, value] of securityHeaders) response.setHeader(name, value);
    if (isStopping) response.setHeader('connection', 'close');
    response.on('close', () => {
      running.delete(response);
      if (isStopping) request.socket.destroySoon();
      parts.log.info(
        {
          requestId,
          method: request.method,
          path: path.slice(0, LONGEST_PATH_LOGGED),
          status: response.statusCode,
          ms: Math.round(performance.now() - startedAt),
          ...(response.writableFinished ? {} : { aborted: true }),
        },
        'request',
      );
    });
    void withRequestId(requestId, () =>
      route(served, path, request, response).catch((error: unknown) => {
        logFailure(parts.log, error);
        if (response.headersSent) response.destroy();
        else fail(response, error);
      }),
    );
  };
  const server = serverOf(parts.tls ?? null, handle);
  server.timeout = SILENCE_MS;
  // With TLS, this is the connection below it.
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  // Node's own response would lack our security headers.
  server.on('checkExpectation', (_request: IncomingMessage, response: ServerResponse) => {
    for (const [name, value] of securityHeaders) response.setHeader(name, value);
    problem(
      response,
      417,
      'EXPECTATION_FAILED',
      'The Expect header is not supported. Send the request without it.',
    );
  });
  server.on('clientError', (error: Error & { code?: string }, socket: Duplex) => {
    // The error contains the bytes that were sent, which may include a token. Only its code may be logged.
    if (/^(ERR_SSL|ERR_TLS|EPROTO)/.test(error.code ?? '')) {
      parts.log.info({ error: error.code }, 'TLS failure');
    } else {
      const [status, code, message] = NO_HTTP[error.code ?? ''] ?? BAD_HTTP;
      parts.log.info({ status, error: error.code }, 'malformed HTTP request');
      if (socket.writable && error.code !== 'ECONNRESET') {
        socket.write(bareProblem([status, code, message], securityHeaders));
      }
    }
    socket.destroy();
  });
  return {
    server,
    listen: (port, host) =>
      new Promise((resolve, reject) => {
        server.once('error', (error: Error & { code?: string }) => {
          reject(new ListenError(port, host, error.code ?? error.message));
        });
        server.listen(port, host, () => resolve((server.address() as AddressInfo).port));
      }),
    async stop(drainSeconds = 0) {
      isDraining = true;
      if (drainSeconds > 0) await pause(drainSeconds * 1000);
      isStopping = true;
      parts.endStreams?.();
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const response of running) if (!response.headersSent) response.setHeader('connection', 'close');
      // `closeIdleConnections` ignores connections that have not sent a request yet.
      const busy = new Set([...running].map((response) => peerOf(response.req.socket)));
      for (const socket of sockets) if (!busy.has(peerOf(socket))) socket.destroy();
      const finish = setTimeout(() => server.closeAllConnections(), FINISH_MS);
      await closed;
      clearTimeout(finish);
    },
  };
}

function peerOf({ remoteAddress, remotePort }: Socket): string {
  return `${remoteAddress} ${remotePort}`;
}

function serverOf(tls: Tls | null, handle: RequestListener): Server {
  if (tls === null) return createServer(TIMEOUTS, handle);
  const server = createTlsServer({ ...TIMEOUTS, ...tls.options }, handle);
  tls.keepUpToDate(server);
  return server;
}

const UNEXPECTED: Problem = [500, 'INTERNAL_SERVER_ERROR', 'An unexpected error occurred.'];

/** For bytes that Node's parser rejects. */
const BAD_HTTP: Problem = [400, 'BAD_REQUEST', 'The request is not valid HTTP.'];
const NO_HTTP: Readonly<Record<string, Problem>> = {
  HPE_HEADER_OVERFLOW: [431, 'LIMIT_EXCEEDED', 'The request headers are too large.'],
  HPE_CHUNK_EXTENSIONS_OVERFLOW: [413, 'LIMIT_EXCEEDED', 'The chunk extensions are too large.'],
  ERR_HTTP_REQUEST_TIMEOUT: [408, 'REQUEST_TIMEOUT', 'The request took too long to arrive.'],
};

const SECURITY_HEADERS = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
  // The pages that load resources (GraphiQL, the inbox and the link page) set policies of their own.
  ['content-security-policy', "default-src 'none'; frame-ancestors 'none'"],
] as const;
/** For one year after a visit over HTTPS, browsers never use HTTP (RFC 6797). */
const HSTS = [['strict-transport-security', 'max-age=31536000']] as const;

function fail(response: ServerResponse, error: unknown): void {
  if (!isUnavailable(error)) return problem(response, ...UNEXPECTED);
  response.setHeader('retry-after', UNAVAILABLE.retryAfterSeconds);
  problem(response, UNAVAILABLE.status, UNAVAILABLE.code, UNAVAILABLE.message);
}

// The HTTP server: routes, headers of every response, and graceful shutdown.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo, Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { setTimeout as pause } from 'node:timers/promises';
import type { InboxMessage } from '../delivery/outbox.ts';
import { TWILIO_STATUS_PATH } from '../delivery/twilio-status.ts';
import { LIMITS } from '../graphql/limits.ts';
import { isUnavailable } from '../persistence/failure.ts';
import type { Log } from '../platform/log.ts';
import { requestIdFrom, withRequestId } from '../platform/request-id.ts';
import { PUBLISHED_KEYS_SECONDS } from '../policy/key-rotation.ts';
import { bareProblem, json, type Problem, problem } from './answers.ts';
import { logFailure, UNAVAILABLE } from './failures.ts';
import { serveGraphiQL, wantsGraphiQL } from './graphiql.ts';
import { inboxPage } from './inbox.ts';
import { isOfLinkPage, serveLinkPage } from './link-page.ts';
import type { Origins } from './origins.ts';
import { LARGEST_FORM, receiveTwilioStatus, type TwilioStatusParts } from './twilio-status.ts';

export interface HttpParts {
  readonly graphql: (request: IncomingMessage, response: ServerResponse) => unknown;
  readonly jwks: () => Promise<object>;
  /** Whether the server is ready: the database is reachable and migrated. */
  readonly isReady: () => Promise<boolean>;
  /** Which other origins may call the API. Defaults to none. */
  readonly origins?: Origins;
  /** Whether requests for this host are served. Defaults to all hosts. */
  readonly servesHost?: (host: string) => boolean;
  /** Whether browsers that open the API see GraphiQL. */
  readonly graphiql?: boolean;
  /** Whether clients reach the server over HTTPS only. */
  readonly isHttpsOnly?: boolean;
  /** Null in production. */
  readonly inbox: (() => Promise<readonly InboxMessage[]>) | null;
  /** Null without Twilio. */
  readonly twilioStatus: TwilioStatusParts | null;
  readonly log: Log;
}

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
export class ListenError extends Error {
  override readonly name = 'ListenError';
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

/** A body that is slightly too large is read to its end, so that the sender sees the response. A huge one is cut off. */
const LARGEST_BODY_READ = 10 * LIMITS.bodyBytes;

const LONGEST_PATH_LOGGED = 200;

export function createHttpServer(parts: HttpParts): HttpServer {
  let isDraining = false;
  const securityHeaders = [...SECURITY_HEADERS, ...(parts.isHttpsOnly ? HSTS : [])];
  let isStopping = false;
  const isReady = async (): Promise<boolean> => !isDraining && (await parts.isReady());
  const sockets = new Set<Socket>();
  const running = new Set<ServerResponse>();
  const server = createServer(TIMEOUTS, (request, response) => {
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
      route({ ...parts, isReady }, path, request, response).catch((error: unknown) => {
        logFailure(parts.log, error);
        if (response.headersSent) response.destroy();
        else fail(response, error);
      }),
    );
  });
  server.timeout = SILENCE_MS;
  server.on('connection', (socket) => {
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
    const [status, code, message] = NO_HTTP[error.code ?? ''] ?? BAD_HTTP;
    parts.log.info({ status, error: error.code }, 'malformed HTTP request');
    if (socket.writable && error.code !== 'ECONNRESET') {
      socket.write(bareProblem([status, code, message], securityHeaders));
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
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      for (const response of running) if (!response.headersSent) response.setHeader('connection', 'close');
      // `closeIdleConnections` ignores connections that have not sent a request yet.
      const busy = new Set([...running].map((response) => response.req.socket));
      for (const socket of sockets) if (!busy.has(socket)) socket.destroy();
      const finish = setTimeout(() => server.closeAllConnections(), FINISH_MS);
      await closed;
      clearTimeout(finish);
    },
  };
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
const PAGE_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const INBOX_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

function fail(response: ServerResponse, error: unknown): void {
  if (!isUnavailable(error)) return problem(response, ...UNEXPECTED);
  response.setHeader('retry-after', UNAVAILABLE.retryAfterSeconds);
  problem(response, UNAVAILABLE.status, UNAVAILABLE.code, UNAVAILABLE.message);
}

async function route(
  parts: HttpParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const { host = 'none' } = request.headers;
  if (!isHost(host)) return problem(response, 400, 'BAD_REQUEST', 'The Host header is not a valid host.');
  if (parts.servesHost?.(host) === false) return problem(response, 421, 'MISDIRECTED_REQUEST', FOREIGN_HOST);
  if (path === '/graphql') {
    if (parts.origins?.answer(request, response)) return;
    if (parts.graphiql && wantsGraphiQL(request)) {
      response.setHeader('content-security-policy', PAGE_POLICY);
      return serveGraphiQL(request, response);
    }
    if (isTooLarge(request, response, LIMITS.bodyBytes)) return;
    response.setHeader('cache-control', 'no-store');
    await parts.graphql(request, response);
    return;
  }
  if (path === TWILIO_STATUS_PATH && parts.twilioStatus !== null) {
    return takeTwilioStatus(parts.twilioStatus, request, response);
  }
  const read = readable(parts, path);
  if (read === undefined) {
    return problem(response, 404, 'NOT_FOUND', 'Nothing is served at this path. The API is at /graphql.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return problem(response, 405, 'METHOD_NOT_ALLOWED', 'Use GET or HEAD.');
  }
  await read(response);
}

async function takeTwilioStatus(
  parts: TwilioStatusParts,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('cache-control', 'no-store');
  if (request.method !== 'POST') {
    response.setHeader('allow', 'POST');
    return problem(response, 405, 'METHOD_NOT_ALLOWED', 'Use POST.');
  }
  if (isTooLarge(request, response, LARGEST_FORM)) return;
  const refusal = await receiveTwilioStatus(parts, request);
  if (refusal === null) response.writeHead(204).end();
  else problem(response, ...refusal);
}

const FOREIGN_HOST =
  'In development, the server only answers requests for localhost, for IP addresses and for the host of PUBLIC_URL. To use another name, set PUBLIC_URL.';

/** Yoga builds a URL from it, and would expose a stack trace if that failed. */
function isHost(host: string): boolean {
  return !/[/?#@\\]/.test(host) && URL.canParse(`http://${host}`);
}

/** Finds what a GET request on this path returns. */
function readable(
  { jwks, isReady, inbox, graphiql, log }: HttpParts,
  path: string,
): ((response: ServerResponse) => Promise<void>) | undefined {
  switch (path) {
    case '/':
      return graphiql
        ? async (response) => void response.writeHead(302, { location: '/graphql' }).end()
        : undefined;
    case '/.well-known/jwks.json':
      return async (response) => {
        const keys = await jwks();
        response.setHeader('cache-control', `public, max-age=${PUBLISHED_KEYS_SECONDS}`);
        json(response, 200, keys);
      };
    case '/healthz':
      return async (response) => json(response, 200, { status: 'ok' });
    case '/readyz':
      return async (response) => {
        const ready = await isReady().catch((error: unknown) => {
          log.warn({ err: error }, 'not ready');
          return false;
        });
        json(response, ready ? 200 : 503, { status: ready ? 'ready' : 'not ready' });
      };
    case '/dev/inbox.json':
      return inbox === null
        ? undefined
        : async (response) => {
            response.setHeader('cache-control', 'no-store');
            json(response, 200, await inbox());
          };
    case '/dev/inbox':
      return inbox === null
        ? undefined
        : async (response) => {
            const page = inboxPage(await inbox());
            response.setHeader('content-security-policy', INBOX_POLICY);
            response.writeHead(200, {
              'content-type': 'text/html; charset=utf-8',
              'cache-control': 'no-store',
            });
            response.end(page);
          };
    default:
      return isOfLinkPage(path) ? (response) => serveLinkPage(path, response) : undefined;
  }
}

/** A Content-Length is required, so that a body that is too large is refused unread. Node enforces the length. */
function isTooLarge(request: IncomingMessage, response: ServerResponse, mostBytes: number): boolean {
  if (request.headers['transfer-encoding'] !== undefined) {
    problem(
      response,
      411,
      'LENGTH_REQUIRED',
      'A Content-Length header is required. Send the body without Transfer-Encoding.',
    );
    return true;
  }
  const length = Number(request.headers['content-length'] ?? 0);
  if (length <= mostBytes) return false;
  if (length > LARGEST_BODY_READ) response.setHeader('connection', 'close');
  problem(
    response,
    413,
    'LIMIT_EXCEEDED',
    `The request body is too large. The maximum is ${mostBytes} bytes.`,
  );
  return true;
}

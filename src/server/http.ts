// The HTTP surface: which path leads where, what every response carries, and how the server stops.
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { InboxMessage } from '../delivery/outbox.ts';
import type { Log } from '../platform/log.ts';
import { serveGraphiQL, wantsGraphiQL } from './graphiql.ts';
import { inboxPage } from './inbox.ts';
import { LIMITS } from './limits.ts';

export interface HttpParts {
  readonly graphql: (request: IncomingMessage, response: ServerResponse) => unknown;
  readonly jwks: () => Promise<object>;
  /** Whether requests can be served: the database answers and is migrated. */
  readonly isReady: () => Promise<boolean>;
  /** Null in production. */
  readonly inbox: (() => Promise<readonly InboxMessage[]>) | null;
  readonly log: Log;
}

export interface HttpServer {
  readonly server: Server;
  /** Takes no new requests, waits for those that run, and closes. */
  stop(): Promise<void>;
}

/** How long a request may still run after the server was told to stop. */
const DRAIN_MS = 10_000;

export function createHttpServer(parts: HttpParts): HttpServer {
  let isStopping = false;
  const server = createServer((request, response) => {
    const startedAt = performance.now();
    const path = request.url?.split('?', 1)[0] ?? '/';
    for (const [name, value] of SECURITY_HEADERS) response.setHeader(name, value);
    if (isStopping) response.setHeader('connection', 'close');
    response.on('finish', () => {
      const ms = Math.round(performance.now() - startedAt);
      parts.log.info({ method: request.method, path, status: response.statusCode, ms }, 'request');
    });
    route(parts, path, request, response).catch((error: unknown) => {
      parts.log.error({ err: error }, 'request failed');
      if (!response.headersSent) problem(response, 500, 'INTERNAL_SERVER_ERROR', 'Something went wrong.');
      else response.destroy();
    });
  });
  return {
    server,
    async stop() {
      isStopping = true;
      const closed = new Promise<void>((resolve) => server.close(() => resolve()));
      server.closeIdleConnections();
      const drain = setTimeout(() => server.closeAllConnections(), DRAIN_MS);
      await closed;
      clearTimeout(drain);
    },
  };
}

const SECURITY_HEADERS = [
  ['x-content-type-options', 'nosniff'],
  ['x-frame-options', 'DENY'],
  ['referrer-policy', 'no-referrer'],
] as const;

async function route(
  parts: HttpParts,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  switch (path) {
    case '/graphql':
      if (wantsGraphiQL(request)) return serveGraphiQL(request, response);
      if (isTooLarge(request, response)) return;
      response.setHeader('cache-control', 'no-store');
      await parts.graphql(request, response);
      return;
    case '/.well-known/jwks.json':
      response.setHeader('cache-control', 'public, max-age=300');
      return json(response, 200, await parts.jwks());
    case '/healthz':
      return json(response, 200, { status: 'ok' });
    case '/readyz': {
      const isReady = await parts.isReady().catch((error: unknown) => {
        parts.log.warn({ err: error }, 'not ready');
        return false;
      });
      return json(response, isReady ? 200 : 503, { status: isReady ? 'ready' : 'not ready' });
    }
    case '/':
      response.writeHead(302, { location: '/graphql' }).end();
      return;
    default:
      if (parts.inbox !== null && path === '/dev/inbox.json') return json(response, 200, await parts.inbox());
      if (parts.inbox !== null && path === '/dev/inbox') {
        response.writeHead(200, { 'content-type': 'text/html; charset=utf-8' });
        response.end(inboxPage(await parts.inbox()));
        return;
      }
      return problem(response, 404, 'NOT_FOUND', 'There is nothing here. The API is at /graphql.');
  }
}

/** A body says its length beforehand, so one that is too large is refused unread and node counts the rest. */
function isTooLarge(request: IncomingMessage, response: ServerResponse): boolean {
  if (request.headers['transfer-encoding'] !== undefined) {
    problem(response, 411, 'LENGTH_REQUIRED', 'Send the body with a Content-Length.');
    return true;
  }
  if (Number(request.headers['content-length'] ?? 0) <= LIMITS.bodyBytes) return false;
  response.setHeader('connection', 'close');
  problem(response, 413, 'LIMIT_EXCEEDED', `A request’s body has at most ${LIMITS.bodyBytes} bytes.`);
  return true;
}

/** An error in the form of a GraphQL response, so that clients have one way to read errors. */
function problem(response: ServerResponse, status: number, code: string, message: string): void {
  json(response, status, { errors: [{ message, extensions: { code } }] });
}

function json(response: ServerResponse, status: number, body: unknown): void {
  response.writeHead(status, { 'content-type': 'application/json; charset=utf-8' });
  response.end(JSON.stringify(body));
}

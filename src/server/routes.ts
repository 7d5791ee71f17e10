// What each path of the server returns.
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { WellKnownSettings } from '../config/settings.ts';
import type { InboxMessage } from '../delivery/outbox.ts';
import { TWILIO_STATUS_PATH } from '../delivery/twilio-status.ts';
import { LIMITS } from '../graphql/limits.ts';
import type { Log } from '../platform/log.ts';
import { PUBLISHED_KEYS_SECONDS } from '../policy/key-rotation.ts';
import { ANSWER_PAGE } from './answer-page.ts';
import { json, problem } from './answers.ts';
import { APPROVE_PAGE } from './approve-page.ts';
import { type DevelopmentCertificates, developmentCertificate } from './development-certificates.ts';
import { type GraphiQL, isGraphiQLPart, wantsGraphiQL } from './graphiql.ts';
import { inboxPage } from './inbox.ts';
import { LINK_PAGE } from './link-page.ts';
import type { Origins } from './origins.ts';
import { CALLBACK_PATH, receiveAnswer } from './provider-callback.ts';
import { LARGEST_LOGOUT_FORM, LOGOUT_PATH, receiveLogout } from './provider-logout.ts';
import { samlMetadata } from './provider-metadata.ts';
import type { ProviderPaths } from './providers.ts';
import type { Tls } from './tls.ts';
import { LARGEST_FORM, receiveTwilioStatus, type TwilioStatusParts } from './twilio-status.ts';
import { wellKnown } from './well-known.ts';

export interface HttpParts {
  readonly graphql: (request: IncomingMessage, response: ServerResponse) => unknown;
  /** Ends the responses that wait for something to happen. Called when the server stops. */
  readonly endStreams?: () => void;
  readonly jwks: () => Promise<object>;
  /** Whether the server is ready: the database is reachable and migrated. */
  readonly isReady: () => Promise<boolean>;
  /** Which other origins may call the API. Defaults to none. */
  readonly origins?: Origins;
  /** Whether requests for this host are served. Defaults to all hosts. */
  readonly servesHost?: (host: string) => boolean;
  /** What browsers see that open the API. Null or omitted shows them nothing. */
  readonly graphiql?: GraphiQL | null;
  /** Null serves HTTP. */
  readonly tls?: Tls | null;
  /** Whether clients reach the server over HTTPS only. */
  readonly isHttpsOnly?: boolean;
  /** Defaults to nothing. */
  readonly wellKnown?: WellKnownSettings;
  /** Null in production. */
  readonly inbox: (() => Promise<readonly InboxMessage[]>) | null;
  /** Defaults to null, as in production. */
  readonly certificates?: DevelopmentCertificates | null;
  /** The identity providers. Defaults to none. */
  readonly providers?: ProviderPaths;
  /** Null without Twilio. */
  readonly twilioStatus: TwilioStatusParts | null;
  readonly log: Log;
}

const PAGE_POLICY = "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; object-src 'none'";
const INBOX_POLICY = "default-src 'none'; style-src 'unsafe-inline'; frame-ancestors 'none'";

/** A body that is slightly too large is read to its end, so that the sender sees the response. A huge one is cut off. */
const LARGEST_BODY_READ = 10 * LIMITS.bodyBytes;

export async function route(
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
      return parts.graphiql.serve(request, response);
    }
    if (isTooLarge(request, response, LIMITS.bodyBytes)) return;
    response.setHeader('cache-control', 'no-store');
    await parts.graphql(request, response);
    return;
  }
  if (path === TWILIO_STATUS_PATH && parts.twilioStatus !== null) {
    return takeTwilioStatus(parts.twilioStatus, request, response);
  }
  if (parts.providers && (await serveProvider(parts.providers, path, request, response))) return;
  const read = readable(parts, path, request);
  if (read === undefined) {
    return problem(response, 404, 'NOT_FOUND', 'Nothing is served at this path. The API is at /graphql.');
  }
  if (request.method !== 'GET' && request.method !== 'HEAD') {
    response.setHeader('allow', 'GET, HEAD');
    return problem(response, 405, 'METHOD_NOT_ALLOWED', 'Use GET or HEAD.');
  }
  await read(response);
}

/** @returns false if the path is not one of a provider. */
async function serveProvider(
  providers: ProviderPaths,
  path: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<boolean> {
  const [, called] = CALLBACK_PATH.exec(path) ?? [];
  const [, reported] = LOGOUT_PATH.exec(path) ?? [];
  const id = called ?? reported;
  if (id === undefined || !providers.has(id)) return false;
  const methods = called === undefined ? ['POST'] : ['GET', 'POST'];
  if (!methods.includes(request.method ?? '')) {
    response.setHeader('allow', methods.join(', '));
    problem(response, 405, 'METHOD_NOT_ALLOWED', `Use ${methods.join(' or ')}.`);
  } else if (
    !isTooLarge(request, response, called === undefined ? LARGEST_LOGOUT_FORM : providers.largestForm(id))
  ) {
    if (called === undefined) await receiveLogout(providers.endSessions, id, request, response);
    else await receiveAnswer(providers, id, request, response);
  }
  return true;
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
  { jwks, isReady, inbox, certificates = null, graphiql, wellKnown: published, providers, log }: HttpParts,
  path: string,
  request: IncomingMessage,
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
    default: {
      if (graphiql && isGraphiQLPart(path)) return (response) => graphiql.servePart(path, request, response);
      const pages = [LINK_PAGE, APPROVE_PAGE, ...(inbox === null ? [] : [ANSWER_PAGE])];
      const page = pages.find((one) => one.has(path));
      if (page) return (response) => page.serve(path, response);
      return (
        (certificates && developmentCertificate(certificates, path)) ??
        samlMetadata(providers, path) ??
        (published && wellKnown(published, path))
      );
    }
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

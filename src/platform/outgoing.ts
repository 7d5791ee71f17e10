// The only HTTP client of the server (OWASP ASVS 13.2.4 and 1.3.6): for identity providers, push services, OCSP responders,
// and whatever else is reached by a URL that somebody has given. Only HTTPS to public addresses, checked after the name was
// resolved. Redirects are not followed. An answer has a limit in time and in size.
import { lookup as resolveName } from 'node:dns';
import { Agent as HttpAgent, type IncomingMessage, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { publicLookup, type Resolve, requirePublicHost } from './public-address.ts';

const TIMEOUT_SECONDS = 10;
const MOST_BYTES = 1_048_576;

export interface OutgoingTerms {
  /** Whether HTTP is allowed. */
  readonly mayBeInsecure: boolean;
  /** Whether addresses in our own network are allowed: in development, or where the operator says so. */
  readonly mayBePrivate: boolean;
  /** For the whole answer. 10 by default. */
  readonly timeoutSeconds?: number;
  /** The most bytes of an answer, without its headers. A mebibyte by default; `null` if the content does not matter. */
  readonly mostBytes?: number | null;
  /** `lookup` of `node:dns` by default. */
  readonly resolve?: Resolve;
}

interface OutgoingRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** The part of `fetch` that is needed. @throws {OutgoingError} */
export type Outgoing = (url: string | URL, request?: OutgoingRequest) => Promise<Response>;

/** Nothing arrived. The message contains neither the URL nor anything that was sent. */
export class OutgoingError extends Error {
  override readonly name = 'OutgoingError';
  readonly code: string;
  constructor(code: string) {
    super(`The request failed: ${code}.`);
    this.code = code;
  }
}

export function outgoing({
  mayBeInsecure,
  mayBePrivate,
  timeoutSeconds = TIMEOUT_SECONDS,
  mostBytes = MOST_BYTES,
  resolve = resolveName,
}: OutgoingTerms): Outgoing {
  // Connections are not kept, so that each request resolves the name, and checks it, anew.
  const terms = mayBePrivate ? {} : { lookup: publicLookup(resolve) };
  const https = new HttpsAgent(terms);
  const http = new HttpAgent(terms);
  return async (url, { method = 'GET', headers = {}, body, signal } = {}) => {
    const target = new URL(url);
    const isSecure = target.protocol === 'https:';
    if (!isSecure && !(mayBeInsecure && target.protocol === 'http:')) throw new OutgoingError('INSECURE');
    const limits = AbortSignal.any([AbortSignal.timeout(timeoutSeconds * 1000), ...(signal ? [signal] : [])]);
    const content = body == null ? null : bytesOf(body);
    const sent = {
      method,
      signal: limits,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(content && { 'content-length': String(content.length) }),
      },
    };
    const { promise, resolve: settle, reject } = Promise.withResolvers<Response>();
    try {
      if (!mayBePrivate) requirePublicHost(target);
      const sending = isSecure
        ? requestHttps(target, { ...sent, agent: https })
        : requestHttp(target, { ...sent, agent: http });
      limits.addEventListener('abort', () => reject(limits.reason));
      sending.on('error', reject);
      sending.on('upgrade', (_answer, socket) => {
        socket.destroy();
        reject(new OutgoingError('INVALID_STATUS'));
      });
      sending.on('response', (answer) => void read(answer, mostBytes).then(settle, reject));
      sending.end(content);
      return await promise.finally(() => sending.destroy());
    } catch (error) {
      throw failureOf(error);
    }
  };
}

async function read(answer: IncomingMessage, mostBytes: number | null): Promise<Response> {
  const { statusCode: status = 0 } = answer;
  const headers = Object.entries(answer.headers).flatMap(([name, value = '']) =>
    [value].flat().map((one): [string, string] => [name, one]),
  );
  if (status < 200 || status > 599) throw new OutgoingError('INVALID_STATUS');
  if (mostBytes === null) return new Response(null, { status, headers });
  const chunks: Buffer[] = [];
  let bytes = 0;
  for await (const chunk of answer as AsyncIterable<Buffer>) {
    bytes += chunk.length;
    if (bytes > mostBytes) throw new OutgoingError('TOO_LARGE');
    chunks.push(chunk);
  }
  const hasBody = ![204, 205, 304].includes(status);
  return new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers });
}

function bytesOf(body: unknown): Buffer {
  if (body instanceof Uint8Array) return Buffer.from(body);
  if (typeof body === 'string' || body instanceof URLSearchParams) return Buffer.from(body.toString());
  throw new TypeError('Only text and bytes can be sent.');
}

/** Only the code, because the text may contain the address. */
function failureOf(error: unknown): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const { name, code } = error as { readonly name?: string; readonly code?: string | number };
  const isAborted = name === 'AbortError' || name === 'TimeoutError';
  return new OutgoingError(isAborted ? 'TIMEOUT' : typeof code === 'string' ? code : 'FAILED');
}

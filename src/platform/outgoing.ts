// The client for everything that is fetched by a configured URL: discovery, keys, tokens, profiles (OWASP ASVS 13.2.4 and
// 1.3.6). Only HTTPS to public addresses, checked after the name was resolved. Redirects are not followed, an answer takes
// at most ten seconds and has at most a mebibyte.
import { Agent as HttpAgent, request as requestHttp } from 'node:http';
import { Agent as HttpsAgent, request as requestHttps } from 'node:https';
import { lookupPublic, requirePublicHost } from './public-address.ts';

const TIMEOUT_MS = 10_000;
const MOST_BYTES = 1_048_576;

export interface OutgoingTerms {
  /** Whether HTTP is allowed: in development. */
  readonly mayBeInsecure: boolean;
  /** Whether addresses in our own network are allowed: in development, or where the operator says so. */
  readonly mayBePrivate: boolean;
}

interface OutgoingRequest {
  readonly method?: string | undefined;
  readonly headers?: Readonly<Record<string, string>> | undefined;
  readonly body?: unknown;
  readonly signal?: AbortSignal | undefined;
}

/** The part of `fetch` that is needed. */
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

export function outgoing({ mayBeInsecure, mayBePrivate }: OutgoingTerms): Outgoing {
  const lookup = mayBePrivate ? {} : { lookup: lookupPublic };
  const https = new HttpsAgent(lookup);
  const http = new HttpAgent(lookup);
  return async (url, { method = 'GET', headers = {}, body, signal } = {}) => {
    const target = new URL(url);
    const isSecure = target.protocol === 'https:';
    if (!isSecure && !(mayBeInsecure && target.protocol === 'http:')) throw new OutgoingError('INSECURE');
    const limits = AbortSignal.any([AbortSignal.timeout(TIMEOUT_MS), ...(signal ? [signal] : [])]);
    const content = body == null ? null : Buffer.from(textOf(body));
    const sent = {
      method,
      signal: limits,
      headers: {
        ...headers,
        'accept-encoding': 'identity',
        ...(content && { 'content-length': String(content.length) }),
      },
    };
    const { promise, resolve, reject } = Promise.withResolvers<Response>();
    try {
      if (!mayBePrivate) requirePublicHost(target);
      const sending = isSecure
        ? requestHttps(target, { ...sent, agent: https })
        : requestHttp(target, { ...sent, agent: http });
      sending.on('error', reject);
      sending.on('response', (answer) => {
        const chunks: Buffer[] = [];
        let bytes = 0;
        answer.on('data', (chunk: Buffer) => {
          bytes += chunk.length;
          if (bytes > MOST_BYTES) sending.destroy(new OutgoingError('TOO_LARGE'));
          else chunks.push(chunk);
        });
        answer.on('error', reject);
        answer.on('close', () => reject(new OutgoingError('CUT_OFF')));
        answer.on('end', () => {
          const { statusCode: status = 502, headers: named } = answer;
          const own = Object.entries(named).flatMap(([name, value = '']) =>
            [value].flat().map((one): [string, string] => [name, one]),
          );
          const hasBody = ![204, 205, 304].includes(status);
          resolve(new Response(hasBody ? Buffer.concat(chunks) : null, { status, headers: own }));
        });
      });
      sending.end(content);
      return await promise;
    } catch (error) {
      throw failureOf(error);
    }
  };
}

function textOf(body: unknown): string {
  if (typeof body === 'string' || body instanceof URLSearchParams) return body.toString();
  throw new TypeError('Only text can be sent.');
}

/** Only the code, because the text may contain the address. */
function failureOf(error: unknown): OutgoingError {
  if (error instanceof OutgoingError) return error;
  const { name, code } = error as { readonly name?: string; readonly code?: string | number };
  const isAborted = name === 'AbortError' || name === 'TimeoutError';
  return new OutgoingError(isAborted ? 'TIMEOUT' : typeof code === 'string' ? code : 'FAILED');
}

// Which other origins may call the API (CORS): in development, this machine on any port; in production, only the
// configured origins. A refused origin is logged, because its page only sees a network error.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { LRUCache } from 'lru-cache';
import type { Config } from '../config/config.ts';
import { isLoopback } from '../config/loopback.ts';
import type { Log } from '../platform/log.ts';
import { DEVICE_HEADER, SESSION_HEADER } from './cookies.ts';

const LONGEST_ORIGIN_LOGGED = 200;
/** Each origin is logged once per hour, because pages retry and anyone can make up origins. */
const MOST_REMEMBERED = 100;
const LOG_AGAIN_MS = 3_600_000;

type OriginConfig = Pick<Config, 'publicUrl' | 'corsOrigins' | 'localOrigins'>;

export class Origins {
  readonly #config: OriginConfig;
  readonly #log: Log;
  readonly #logged = new LRUCache<string, true>({ max: MOST_REMEMBERED, ttl: LOG_AGAIN_MS });

  constructor(config: OriginConfig, log: Log) {
    this.#config = config;
    this.#log = log;
  }

  /** Whether pages of this origin may call the API and use session cookies. */
  allows(origin: string): boolean {
    return origin === this.#config.publicUrl || this.#isForeignAndAllowed(origin);
  }

  /**
   * Sets the CORS headers of the response: always for a single origin, never a wildcard or `null`.
   * @returns whether the request was a preflight and has been answered.
   */
  answer(request: IncomingMessage, response: ServerResponse): boolean {
    response.appendHeader('vary', 'Origin');
    const { origin } = request.headers;
    if (origin === undefined || origin === this.#config.publicUrl) return false;
    if (!this.#isForeignAndAllowed(origin)) {
      this.#logRefused(origin);
      return false;
    }
    response.setHeader('access-control-allow-origin', origin);
    response.setHeader('access-control-allow-credentials', 'true');
    response.setHeader('access-control-expose-headers', 'www-authenticate, retry-after, x-request-id');
    if (request.method !== 'OPTIONS') return false;
    response.writeHead(204, PREFLIGHT).end();
    return true;
  }

  #isForeignAndAllowed(origin: string): boolean {
    const { corsOrigins, localOrigins, publicUrl } = this.#config;
    if (origin === publicUrl) return false;
    return corsOrigins.includes(origin) || (localOrigins && isLocal(origin));
  }

  #logRefused(origin: string): void {
    const shown = origin.slice(0, LONGEST_ORIGIN_LOGGED);
    if (this.#logged.has(shown)) return;
    this.#logged.set(shown, true);
    this.#log.warn(
      { origin: shown },
      'A page of this origin is not allowed to call the API. Add the origin to CORS_ORIGINS to allow it.',
    );
  }
}

const PREFLIGHT = {
  'access-control-allow-methods': 'GET, POST, OPTIONS',
  'access-control-allow-headers': [
    'content-type',
    'authorization',
    'accept',
    SESSION_HEADER,
    DEVICE_HEADER,
  ].join(', '),
  'access-control-max-age': '600',
};

/** Whether the text is an origin of this machine, written exactly as browsers write it. */
function isLocal(origin: string): boolean {
  const parsed = URL.parse(origin);
  const isPage = parsed?.protocol === 'http:' || parsed?.protocol === 'https:';
  return isPage && parsed.origin === origin && isLoopback(origin);
}

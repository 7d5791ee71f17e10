// GraphiQL, served entirely by this server: no CDN, and a content security policy that lets nothing leave. The page
// itself stays small, because a browser invalidates its cached copy of a URL when it posts to it (RFC 9111 section 4.4),
// as GraphiQL does immediately. Scripts and styles have names that contain their digests, and are cached permanently.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { Log } from '../platform/log.ts';
import { problem } from './answers.ts';
import { type GraphiQLBuild, graphiqlBuild } from './graphiql-build.ts';
import { TOUR, type TourStep } from './tour.ts';

const ASSETS = '/graphiql/assets/';

/** What the page shows. The script of the page reads it. */
interface PageSettings {
  readonly tabs: readonly Tab[];
}

export class GraphiQL {
  readonly #log: Log;
  #page: Promise<{ readonly gzipped: Buffer; readonly etag: string }> | undefined;

  constructor(log: Log) {
    this.#log = log;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const build = await this.#build(response);
    if (build === null) return;
    this.#page ??= compressed(pageOf(build.html));
    const { gzipped, etag } = await this.#page;
    response.setHeader('etag', etag).appendHeader('vary', 'Accept').setHeader('cache-control', 'no-cache');
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'content-encoding': 'gzip', // every browser that can run GraphiQL supports it
      'content-length': gzipped.length,
    });
    response.end(gzipped);
  }

  /** Serves a script, style or font. */
  async servePart(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const build = await this.#build(response);
    if (build === null) return;
    const file = build.files.get(path.slice(ASSETS.length));
    if (file === undefined) return problem(response, 404, 'NOT_FOUND', 'GraphiQL has no such file.');
    const encoding = encodingFor(request.headers['accept-encoding']);
    const body = encoding === null ? file.plain : encoding === 'br' ? file.brotli : file.gzip;
    response.appendHeader('vary', 'Accept-Encoding');
    response.writeHead(200, {
      'content-type': file.type,
      ...(encoding === null ? {} : { 'content-encoding': encoding }),
      'content-length': body.length,
      'content-security-policy': POLICY, // workers have their own, from this response
      'cache-control': 'public, max-age=31536000, immutable',
    });
    response.end(body);
  }

  async #build(response: ServerResponse): Promise<GraphiQLBuild | null> {
    try {
      return await graphiqlBuild();
    } catch (error) {
      this.#log.warn({ err: error }, 'GraphiQL is not available');
      problem(response, 503, 'UNAVAILABLE', (error as Error).message);
      return null;
    }
  }
}

/** Whether a browser opens the page, as opposed to a GET query. A `?query=` is shown in the editor, not executed. */
export function wantsGraphiQL({ method, headers }: IncomingMessage): boolean {
  return (method === 'GET' || method === 'HEAD') && headers.accept?.includes('text/html') === true;
}

export function isGraphiQLPart(path: string): boolean {
  return path.startsWith(ASSETS);
}

function encodingFor(accepted: string | string[] = ''): 'br' | 'gzip' | null {
  const codings = [accepted]
    .flat()
    .flatMap((one) => one.split(','))
    .map((one) => one.trim());
  return codings.includes('br') ? 'br' : codings.includes('gzip') ? 'gzip' : null;
}

/** Only our scripts, workers and connections. Monaco writes the styles of its lines into the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "worker-src 'self'",
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  'img-src data:',
  "font-src 'self' data:",
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

/** The page with its settings, which are data: a script must not be inline. */
function pageOf(html: string): string {
  const settings: PageSettings = { tabs: TOUR.map(tabOf) };
  const json = JSON.stringify(settings).replaceAll('<', String.raw`\u003c`);
  return html.replace('"settings">', () => `"settings">${json}`);
}

async function compressed(html: string): Promise<{ readonly gzipped: Buffer; readonly etag: string }> {
  const etag = `"${createHash('sha256').update(html).digest('base64url')}"`;
  return { gzipped: await promisify(gzip)(html), etag };
}

interface Tab {
  readonly query: string;
  readonly variables: string | null;
  readonly headers: string | null;
}

/** The length of a line that fits into the editor on a small screen. */
const COMMENT_LINE = /(.{1,48})(?:\s+|$)/g;

function tabOf({ title, query, variables, token }: TourStep): Tab {
  return {
    query: `${title.replaceAll(COMMENT_LINE, '# $1\n')}${query}`,
    variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    headers: token === undefined ? null : JSON.stringify({ authorization: `Bearer ${token}` }, null, 2),
  };
}

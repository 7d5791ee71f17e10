// GraphiQL, served entirely by this server: no CDN, and a content security policy that lets nothing leave. The page
// itself stays small, because a browser invalidates its cached copy of a URL when it posts to it (RFC 9111 section 4.4),
// as GraphiQL does immediately. Scripts and styles have names that contain their digests, and are cached permanently.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { brotliCompress, gzip } from 'node:zlib';
import type { PageSettings, PageTab } from '../graphiql/page/settings.ts';
import type { Log } from '../platform/log.ts';
import { problem } from './answers.ts';
import { type BuiltFile, type GraphiQLBuild, graphiqlBuild } from './graphiql-build.ts';
import type { TourStep } from './tour/operations.ts';
import { TOUR } from './tour.ts';

const ASSETS = '/graphiql/assets/';

interface Made {
  readonly page: Buffer;
  readonly etag: string;
  readonly files: ReadonlyMap<string, BuiltFile>;
}

export interface GraphiQLOptions {
  /** The schema with its guards, which introspection omits. Null if introspection is not allowed either. */
  readonly sdl: (() => string) | null;
  /** The path of the development inbox, as JSON. Null if there is none. */
  readonly inbox: string | null;
}

export class GraphiQL {
  readonly #log: Log;
  readonly #options: GraphiQLOptions;
  #made: Promise<Made> | undefined;

  constructor(log: Log, options: GraphiQLOptions) {
    this.#log = log;
    this.#options = options;
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const made = await this.#find(response);
    if (made === null) return;
    const { page, etag } = made;
    response.setHeader('etag', etag).appendHeader('vary', 'Accept').setHeader('cache-control', 'no-cache');
    if (request.headers['if-none-match'] === etag) return void response.writeHead(304).end();
    response.writeHead(200, {
      'content-type': 'text/html; charset=utf-8',
      'content-security-policy': POLICY,
      'content-encoding': 'gzip', // every browser that can run GraphiQL supports it
      'content-length': page.length,
    });
    response.end(page);
  }

  /** Serves a script, style or font. */
  async servePart(path: string, request: IncomingMessage, response: ServerResponse): Promise<void> {
    const made = await this.#find(response);
    if (made === null) return;
    const file = made.files.get(path.slice(ASSETS.length));
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

  /** @returns null after a response that says why there is no GraphiQL. */
  async #find(response: ServerResponse): Promise<Made | null> {
    try {
      this.#made ??= graphiqlBuild().then((build) => made(build, this.#options));
      return await this.#made;
    } catch (error) {
      this.#made = undefined;
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

async function made({ html, files }: GraphiQLBuild, { sdl, inbox }: GraphiQLOptions): Promise<Made> {
  const schema = sdl && (await compressedSchema(sdl()));
  const settings: PageSettings = {
    tabs: TOUR.map(tabOf),
    schema: schema && `${ASSETS}${schema.name}`,
    inbox,
  };
  // Data, because a script must not be inline.
  const json = JSON.stringify(settings).replaceAll('<', String.raw`\u003c`);
  const page = html.replace('"settings">', () => `"settings">${json}`);
  return {
    page: await promisify(gzip)(page),
    etag: `"${digestOf(page)}"`,
    files: schema ? new Map([...files, [schema.name, schema.file]]) : files,
  };
}

/** A file like those of the build. */
async function compressedSchema(text: string): Promise<{ readonly name: string; readonly file: BuiltFile }> {
  const plain = Buffer.from(text);
  const [zipped, brotli] = await Promise.all([promisify(gzip)(plain), promisify(brotliCompress)(plain)]);
  const file = { type: 'text/plain; charset=utf-8', plain, gzip: zipped, brotli };
  return { name: `schema-${digestOf(text)}.graphql`, file };
}

function digestOf(text: string): string {
  return createHash('sha256').update(text).digest('base64url');
}

/** The length of a line that fits into the editor on a small screen. */
const COMMENT_LINE = /(.{1,48})(?:\s+|$)/g;

function tabOf({ title, query, variables, token, headers }: TourStep): PageTab {
  const sent = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers };
  return {
    query: `${title.replaceAll(COMMENT_LINE, '# $1\n')}${query}`,
    variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    headers: Object.keys(sent).length === 0 ? null : JSON.stringify(sent, null, 2),
  };
}

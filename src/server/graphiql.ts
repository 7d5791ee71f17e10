// GraphiQL, served entirely by this server: no CDN, and a content security policy that lets nothing leave. It is large
// and never changes, so it is rendered and compressed on the first visit. The page itself stays small, because a browser
// invalidates its cached copy of a URL when it posts to it (RFC 9111 section 4.4), as GraphiQL does immediately. Scripts
// and styles have URLs that contain their digests, and are cached permanently.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import type { TourStep } from './tour/operations.ts';
import { TOUR } from './tour.ts';

interface Resource {
  readonly gzipped: Buffer;
  readonly headers: Readonly<Record<string, string>>;
}

interface GraphiQL {
  readonly page: Resource;
  readonly etag: string;
  /** Scripts and styles by URL. */
  readonly parts: ReadonlyMap<string, Resource>;
}

const PART = '/graphql?graphiql=';

let made: Promise<GraphiQL> | undefined;

/** Whether a browser opens the page, as opposed to a GET query. A `?query=` is shown in the editor, not executed. */
export function wantsGraphiQL({ method, headers, url }: IncomingMessage): boolean {
  return (
    (method === 'GET' || method === 'HEAD') &&
    (headers.accept?.includes('text/html') === true || url?.startsWith(PART) === true)
  );
}

export async function serveGraphiQL(request: IncomingMessage, response: ServerResponse): Promise<void> {
  made ??= makeGraphiQL();
  const { page, etag, parts } = await made;
  const part = parts.get(request.url ?? '');
  if (part !== undefined) return send(part, response);
  if (request.url?.startsWith(PART)) return void response.writeHead(404).end();
  response.setHeader('etag', etag).appendHeader('vary', 'Accept').setHeader('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === etag) response.writeHead(304).end();
  else send(page, response);
}

/** Every browser that can run GraphiQL supports gzip. */
function send({ gzipped, headers }: Resource, response: ServerResponse): void {
  response.writeHead(200, { ...headers, 'content-encoding': 'gzip', 'content-length': gzipped.length });
  response.end(gzipped);
}

/** Only our scripts and connections. Monaco needs workers from blobs and inline styles. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  'worker-src blob:',
  "connect-src 'self'",
  "style-src 'self' 'unsafe-inline'",
  'img-src data:',
  'font-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

async function makeGraphiQL(): Promise<GraphiQL> {
  // Nine megabytes of source, loaded only if someone opens GraphiQL.
  const { renderGraphiQL } = await import('@graphql-yoga/render-graphiql');
  const tabs = TOUR.map(tabOf);
  const whole = renderGraphiQL({
    title: 'Stepgate',
    favicon: ICON,
    logo: `<img src="${ICON}" alt="" width="28" height="28">`,
    endpoint: '/graphql',
    shouldPersistHeaders: false, // access tokens must not stay in the browser's storage
    defaultEditorToolsVisibility: 'variables',
    defaultTabs: tabs,
    ...NO_QUERY_IN_ADDRESS,
  });
  const parts = new Map<string, Resource>();
  const moved = async (source: string, type: string): Promise<string> => {
    const address = `${PART}${digestOf(source)}`;
    parts.set(address, {
      gzipped: await promisify(gzip)(source),
      headers: { 'content-type': type, 'cache-control': 'public, max-age=31536000, immutable' },
    });
    return address;
  };
  const [style, styles = ''] = /<style>(.*?)<\/style>/s.exec(whole) ?? [];
  const [script, scripts = ''] = /<script>(.*?)<\/script>/s.exec(whole) ?? [];
  if (style === undefined || script === undefined)
    throw new Error('The GraphiQL page has an unexpected format: its <style> or <script> is missing.');
  const styleAddress = await moved(`${styles}\n${STEADY_TABS}`, 'text/css; charset=utf-8');
  const scriptAddress = await moved(`${firstTabFirst(tabs)}\n${scripts}`, 'text/javascript; charset=utf-8');
  const html = whole
    .replace(style, () => `<link rel="stylesheet" href="${styleAddress}" />`)
    .replace(script, () => `<script src="${scriptAddress}"></script>`);
  const headers = { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY };
  return { page: { gzipped: await promisify(gzip)(html), headers }, etag: `"${digestOf(html)}"`, parts };
}

function digestOf(source: string): string {
  return createHash('sha256').update(source).digest('base64url');
}

interface Tab {
  readonly query: string;
  readonly variables: string | null;
  readonly headers: string | null;
}

/** The length of a line that fits into the editor on a small screen. */
const COMMENT_LINE = /(.{1,48})(?:\s+|$)/g;

function tabOf({ title, query, variables, token, headers }: TourStep): Tab {
  const sent = { ...(token !== undefined && { authorization: `Bearer ${token}` }), ...headers };
  return {
    query: `${title.replaceAll(COMMENT_LINE, '# $1\n')}${query}`,
    variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
    headers: Object.keys(sent).length === 0 ? null : JSON.stringify(sent, null, 2),
  };
}

/** By default, the page writes each document into its URL, which would put passwords into the browser's history. */
const NO_QUERY_IN_ADDRESS = { onEditQuery: null };

/** GraphiQL moves a tab while the mouse presses it, so that the click is lost. The tour also needs narrow tabs. */
const STEADY_TABS = `
.graphiql-tab { transform: none !important; }
.graphiql-tabs.graphiql-tabs { gap: 2px; }
.graphiql-tab .graphiql-tab-button { padding-right: 22px; font-size: 13px; }`;

/**
 * Without stored content for the first tab, GraphiQL shows it without its variables, and without a name after a reload
 * (graphql/graphiql#3392).
 */
function firstTabFirst([first]: readonly Tab[]): string {
  const stored = { 'graphiql:query': first?.query, 'graphiql:variables': first?.variables };
  return `if (localStorage.getItem('graphiql:tabState') === null) {
  for (const [key, value] of Object.entries(${JSON.stringify(stored)})) localStorage.setItem(key, value);
}`;
}

/** The logo: a gate of two posts and two bars. */
const ICON = `data:image/svg+xml,${encodeURIComponent(
  '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 16 16" fill="none" stroke="#d60690" stroke-width="2"><path d="M3 15V2m10 13V2M3 5h10M3 11h10"/></svg>',
)}`;

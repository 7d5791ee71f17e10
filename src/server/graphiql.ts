// GraphiQL, whole and from this server alone: no CDN. The page is large and always the same, so it is made and
// compressed once, and cached by browsers.
import { createHash } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { promisify } from 'node:util';
import { gzip } from 'node:zlib';
import { renderGraphiQL } from '@graphql-yoga/render-graphiql';
import { TOUR } from './tour.ts';

interface Page {
  readonly gzipped: Buffer;
  readonly etag: string;
}

let page: Promise<Page> | undefined;

async function makePage(): Promise<Page> {
  const html = renderGraphiQL({
    title: 'Stepgate',
    endpoint: '/graphql',
    shouldPersistHeaders: false, // an access token is not to outlive the tab in the browser's storage
    defaultEditorToolsVisibility: 'variables',
    defaultTabs: TOUR.map(({ title, query, variables, needsToken }) => ({
      query: `# ${title}\n${query}`,
      variables: variables === undefined ? null : JSON.stringify(variables, null, 2),
      headers: needsToken ? JSON.stringify({ authorization: 'Bearer PASTE-AN-ACCESS-TOKEN' }, null, 2) : null,
    })),
  });
  const gzipped = await promisify(gzip)(html);
  return { gzipped, etag: `"${createHash('sha256').update(gzipped).digest('base64url')}"` };
}

/** A browser's visit, as opposed to a query by GET. */
export function wantsGraphiQL({ method, headers, url }: IncomingMessage): boolean {
  return method === 'GET' && headers.accept?.includes('text/html') === true && !url?.includes('query=');
}

export async function serveGraphiQL(request: IncomingMessage, response: ServerResponse): Promise<void> {
  page ??= makePage();
  const { gzipped, etag } = await page;
  response.setHeader('etag', etag);
  response.setHeader('cache-control', 'no-cache');
  if (request.headers['if-none-match'] === etag) {
    response.writeHead(304).end();
    return;
  }
  // Every browser that can run GraphiQL understands gzip.
  response.writeHead(200, { 'content-type': 'text/html; charset=utf-8', 'content-encoding': 'gzip' });
  response.end(gzipped);
}

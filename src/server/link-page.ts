// The page that links lead to: static, the same for everybody, and a client of the API like any other. The token stands
// behind the `#` of its address, so no request for the page holds it. A link is opened once, so nothing is cached.
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

interface Resource {
  readonly type: string;
  readonly body: Buffer;
}

/** By their paths. Read once, at the start. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  '/link': resource('page.html', 'text/html'),
  '/link.css': resource('page.css', 'text/css'),
  '/link.js': resource('page.js', 'text/javascript'),
};

/** Scripts and styles are ours, connections lead here, and the icon is in the page. */
const POLICY = [
  "default-src 'none'",
  "script-src 'self'",
  "style-src 'self'",
  "connect-src 'self'",
  'img-src data:',
  "base-uri 'none'",
  "form-action 'none'",
  "frame-ancestors 'none'",
].join('; ');

export function isOfLinkPage(path: string): boolean {
  return Object.hasOwn(RESOURCES, path);
}

export async function serveLinkPage(path: string, response: ServerResponse): Promise<void> {
  const { type, body } = RESOURCES[path] as Resource;
  response.writeHead(200, {
    'content-type': type,
    'content-length': body.length,
    'content-security-policy': POLICY,
    'cache-control': 'no-store',
  });
  response.end(body);
}

function resource(file: string, type: string): Resource {
  return {
    type: `${type}; charset=utf-8`,
    body: readFileSync(new URL(`link-page/${file}`, import.meta.url)),
  };
}

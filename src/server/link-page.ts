// The page that links open: static, the same for every link, and an ordinary client of the API. The token comes after the
// `#` of the URL, so that requests for the page do not contain it. Links are opened once, so nothing is cached.
import { readFileSync } from 'node:fs';
import type { ServerResponse } from 'node:http';

interface Resource {
  readonly type: string;
  readonly body: Buffer;
}

/** Resources by path, read once at startup. */
const RESOURCES: Readonly<Record<string, Resource>> = {
  '/link': resource('page.html', 'text/html'),
  '/link.css': resource('page.css', 'text/css'),
  '/link.js': resource('page.js', 'text/javascript'),
};

/** Only our scripts, styles and connections. The icon is a data URI in the page. */
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

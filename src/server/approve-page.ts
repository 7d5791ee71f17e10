// The page on which devices are enrolled and answer requests. Browsers can install it, and its worker shows a
// notification for each push message.
import { StaticPage } from './static-page.ts';

export const APPROVE_PAGE = new StaticPage(
  new URL('approve-page/', import.meta.url),
  {
    '/approve': ['page.html', 'text/html'],
    '/approve.css': ['page.css', 'text/css'],
    '/approve.js': ['page.js', 'text/javascript'],
    '/approve-device.js': ['device.js', 'text/javascript'],
    '/approve-texts.js': ['texts.js', 'text/javascript'],
    '/approve-worker.js': ['worker.js', 'text/javascript'],
    '/approve.webmanifest': ['manifest.json', 'application/manifest+json'],
    '/approve.svg': ['icon.svg', 'image/svg+xml'],
  },
  { 'img-src': "'self' data:", 'manifest-src': "'self'", 'worker-src': "'self'" },
);

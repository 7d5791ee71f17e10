// The page that links open.
import { StaticPage } from './static-page.ts';

export const LINK_PAGE = new StaticPage(new URL('link-page/', import.meta.url), {
  '/link': ['page.html', 'text/html'],
  '/link.css': ['page.css', 'text/css'],
  '/link.js': ['page.js', 'text/javascript'],
});

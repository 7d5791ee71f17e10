// The page to which the example provider's answers come, in development only: it shows them, for the tour. An application has
// a page of its own, which attempts the factor.
import { ANSWER_PATH } from '../config/example-provider.ts';
import { StaticPage } from './static-page.ts';

export const ANSWER_PAGE = new StaticPage(new URL('answer-page/', import.meta.url), {
  [ANSWER_PATH]: ['page.html', 'text/html'],
  [`${ANSWER_PATH}.js`]: ['page.js', 'text/javascript'],
});

// Where identity providers send the answers of users, `/callback/PROVIDER`. It signs nobody in and changes nothing: it hands
// the answer to the page that asked for it, after the `#`, if the browser is the one in which the request was made. Anybody
// can make somebody else's browser come here with an answer of their own (login CSRF).
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { browserTokenIn } from './cookies.ts';

export const CALLBACK_PATH = /^\/callback\/([a-z][a-z0-9-]{0,31})$/;
/** A code has some hundred characters, and Apple adds a name. */
export const LARGEST_CALLBACK_FORM = 16_384;

/** Finds the page that waits for the answer with this state. Null if there is none for this provider and browser. */
export type FindReturn = (asked: {
  readonly providerId: string;
  readonly state: string;
  readonly browserToken: string;
}) => Promise<string | null>;

/**
 * Takes an answer that was posted. @returns what is passed on: the same, or a code for what is too large for a URL. Null if
 * nobody has asked for it.
 */
export type KeepAnswer = (providerId: string, form: URLSearchParams) => Promise<URLSearchParams | null>;

/** What the page gets. Everything else stays here. */
const PASSED_ON = ['code', 'state', 'iss', 'error'] as const;
const LONGEST = 4096;

const POLICY =
  "default-src 'none'; style-src 'unsafe-inline'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
const LOST = `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>This sign-in cannot be continued</title>
<style>body{font:1rem/1.5 system-ui,sans-serif;max-width:32rem;margin:4rem auto;padding:0 1rem;color-scheme:light dark}</style>
<h1>This sign-in cannot be continued</h1>
<p>It was started in another browser, or it has expired. Nobody was signed in. Go back to the application and start again.</p>
</html>
`;

export async function receiveAnswer(
  { findReturn, keepAnswer }: { readonly findReturn: FindReturn; readonly keepAnswer: KeepAnswer },
  providerId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('cache-control', 'no-store');
  // A cookie that is SameSite=Lax does not come with a form of another site, but with the GET that follows it.
  if (request.method === 'POST') {
    const form = new URLSearchParams(await text(request).catch(() => ''));
    const answer = await keepAnswer(providerId, form);
    if (answer === null) return showLost(response);
    return void response.writeHead(303, { location: `/callback/${providerId}?${passedOn(answer)}` }).end();
  }
  const answer = new URL(request.url ?? '', 'http://localhost').searchParams;
  const browserToken = browserTokenIn(request.headers);
  const state = answer.get('state');
  const returnTo =
    browserToken === null || state === null ? null : await findReturn({ providerId, state, browserToken });
  if (returnTo === null) return showLost(response);
  const fragment = passedOn(answer);
  fragment.set('providerId', providerId);
  response.writeHead(303, { location: `${returnTo}#${fragment}` }).end();
}

function showLost(response: ServerResponse): void {
  response.writeHead(400, { 'content-type': 'text/html; charset=utf-8', 'content-security-policy': POLICY });
  response.end(LOST);
}

/** A parameter that is there twice is not passed on. */
function passedOn(answer: URLSearchParams): URLSearchParams {
  const kept = new URLSearchParams();
  for (const name of PASSED_ON) {
    const [value, another] = answer.getAll(name);
    if (value !== undefined && another === undefined && value.length <= LONGEST) kept.set(name, value);
  }
  return kept;
}

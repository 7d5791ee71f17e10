// Where identity providers report that a user has signed out there, `/logout/PROVIDER` (OpenID Connect Back-Channel Logout 1.0
// section 2.5): a small form with a token that the provider has signed.
import type { IncomingMessage, ServerResponse } from 'node:http';
import { text } from 'node:stream/consumers';
import { json, problem } from './answers.ts';

export const LOGOUT_PATH = /^\/logout\/([a-z][a-z0-9-]{0,31})$/;
export const LARGEST_LOGOUT_FORM = 65_536;

/** @returns why the token was refused, or null. */
export type EndSessionsAt = (
  providerId: string,
  token: string,
  request: IncomingMessage,
) => Promise<string | null>;

export async function receiveLogout(
  endSessions: EndSessionsAt,
  providerId: string,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  response.setHeader('cache-control', 'no-store');
  const type = request.headers['content-type']?.split(';', 1)[0]?.trim().toLowerCase();
  if (type !== 'application/x-www-form-urlencoded')
    return problem(
      response,
      415,
      'UNSUPPORTED_MEDIA_TYPE',
      'The Content-Type must be application/x-www-form-urlencoded.',
    );
  const form = new URLSearchParams(await text(request).catch(() => ''));
  const [token, another] = form.getAll('logout_token');
  if (token === undefined || another !== undefined)
    return json(response, 400, refusal('The form must have one logout_token.'));
  const refused = await endSessions(providerId, token, request);
  if (refused !== null) return json(response, 400, refusal(refused));
  response.writeHead(200).end();
}

/** Section 2.8. */
function refusal(description: string): object {
  return { error: 'invalid_request', error_description: description };
}

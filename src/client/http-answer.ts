// Reads refusals from an HTTP response: from the body of GraphQL, or else from the status and `WWW-Authenticate` (RFC 6750
// section 3, RFC 9470 section 3).
import { isAnswer } from './endpoint.ts';
import type { Answer } from './refusal.ts';

/** The body is read from a copy, so that the response can still be read. */
export async function graphqlAnswerOf(response: Response): Promise<Answer> {
  const isJson = response.headers.get('content-type')?.includes('json') ?? false;
  const body: unknown = isJson
    ? await response
        .clone()
        .json()
        .catch(() => null)
    : null;
  return isAnswer(body) ? body : httpAnswerOf(response);
}

/** The request was not performed if the status is 401. */
export function httpAnswerOf({ status, headers }: Response): Answer {
  if (status !== 401) return {};
  const challenge = headers.get('www-authenticate') ?? '';
  const [, error] = /\berror="?(\w+)/.exec(challenge) ?? [];
  if (error !== 'insufficient_user_authentication') return refused('UNAUTHENTICATED', {});
  const [, acr] = /\bacr_values="([^"]*)"/.exec(challenge) ?? [];
  const [, maxAge] = /\bmax_age="?(\d+)/.exec(challenge) ?? [];
  return refused('STEP_UP_REQUIRED', {
    ...(maxAge !== undefined && { maxAge: Number(maxAge) }),
    // Without a level, any fresh factor is enough. `phr` comes first if only phishing-resistant factors count.
    require: acr === undefined ? 'STRONGEST_ENROLLED' : 'SECOND_FACTOR',
    accept: acr?.startsWith('phr') ? ['PASSKEY'] : null,
  });
}

function refused(code: string, demand: object): Answer {
  return { errors: [{ message: 'Refused.', extensions: { code, ...demand } }] };
}

// Opaque tokens: asks the issuer what a token is (RFC 7662). Answers are kept for a few seconds.
import { errors } from 'jose';
import { AnswerCache } from '../answer-cache.ts';
import type { Claims } from './claims.ts';

/** How to ask the issuer about opaque tokens. */
export interface IntrospectionOptions {
  /** The introspection endpoint. */
  readonly url: string;
  /** Your client at the issuer, which may ask. */
  readonly clientId: string;
  readonly clientSecret: string;
  /** How long an answer is kept, in seconds. A revoked token may be accepted for this long. Default: 5. */
  readonly cacheSeconds?: number;
}

export type Introspect = (token: string) => Promise<Claims>;

const DEADLINE_SECONDS = 5;
/** How long an answer is kept by default. */
export const KEPT_SECONDS = 5;

/** @returns a function that rejects when the token is not active, or when the issuer does not answer. */
export function introspection(options: IntrospectionOptions, now: () => Date): Introspect {
  const { clientId, clientSecret, cacheSeconds = KEPT_SECONDS } = options;
  const url = new URL(options.url);
  const answers = new AnswerCache<Claims>(cacheSeconds, now);
  const credentials = [clientId, clientSecret].map(encodeURIComponent).join(':'); // RFC 6749 section 2.3.1
  const authorization = `Basic ${btoa(credentials)}`;
  return (token) => answers.get(token, () => ask(url, authorization, token));
}

async function ask(url: URL, authorization: string, token: string): Promise<Claims> {
  const response = await fetch(url, {
    method: 'POST',
    headers: { authorization, accept: 'application/json' },
    body: new URLSearchParams({ token, token_type_hint: 'access_token' }),
    redirect: 'error', // neither the token nor the secret must reach another server
    signal: AbortSignal.timeout(DEADLINE_SECONDS * 1000),
  });
  const answer = response.ok ? ((await response.json()) as Claims | null) : null;
  if (typeof answer?.['active'] !== 'boolean')
    throw new Error(
      `The introspection endpoint ${url.href} did not answer as expected (HTTP ${response.status}).`,
    );
  if (!answer['active']) throw new errors.JWTInvalid('The token is not active.');
  return answer;
}

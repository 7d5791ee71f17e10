// Asks Stepgate whether a token's session is still active, and what it holds now. Answers are cached for each token. A
// failed request is not cached, and the caller counts as anonymous.
import type { AuthContext } from '../policy/decision.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';
import { AnswerCache } from './answer-cache.ts';

/** How to ask Stepgate about sessions. */
export interface SessionOptions {
  /** The URL of Stepgate's GraphQL endpoint. */
  readonly url: string;
  /** How long an answer is cached, in seconds. An ended session may still be accepted for this long. */
  readonly cacheSeconds: number;
}

/** The auth context of the user's session. Null when it has ended. Rejects when Stepgate does not answer. */
export type SessionLookup = (token: string, userId: string) => Promise<AuthContext | null>;

const QUERY = '{ viewer { id roles assurance { evidence { factor categories amr completedAt } enrolled } } }';
const DEADLINE_SECONDS = 5;

export function sessionLookup({ url, cacheSeconds }: SessionOptions, now: () => Date): SessionLookup {
  const endpoint = new URL(url);
  const answers = new AnswerCache<AuthContext | null>(cacheSeconds, now);
  return (token, userId) => answers.get(token, () => ask(endpoint, token, userId));
}

interface Answer {
  readonly data?: { readonly viewer?: Viewer | null } | null;
  readonly errors?: readonly { readonly extensions?: { readonly code?: unknown } }[];
}

interface Viewer {
  readonly id: string;
  readonly roles: readonly string[];
  readonly assurance: {
    readonly evidence: readonly (Omit<Evidence, 'completedAt'> & { readonly completedAt: string })[];
    readonly enrolled: readonly FactorKind[];
  };
}

async function ask(url: URL, token: string, userId: string): Promise<AuthContext | null> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: QUERY }),
    redirect: 'error', // the token must not reach another server
    signal: AbortSignal.timeout(DEADLINE_SECONDS * 1000),
  });
  const { data, errors = [] } = (await response.json()) as Answer;
  if (errors.some((one) => one.extensions?.code === 'UNAUTHENTICATED')) return null;
  const viewer = data?.viewer;
  if (!response.ok || errors.length > 0 || viewer?.id !== userId) {
    throw new Error(
      `Stepgate did not confirm the session (HTTP ${response.status}). Check that session.url is its GraphQL endpoint.`,
    );
  }
  const { evidence, enrolled } = viewer.assurance;
  return {
    evidence: evidence.map((one) => ({ ...one, completedAt: Date.parse(one.completedAt) / 1000 })),
    enrolled,
    roles: viewer.roles,
  };
}

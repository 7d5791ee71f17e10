// Asks Stepgate whether the session of a token still lives, and what it holds now. Each token is asked about once in a
// while, however many requests come with it; an answer that was not got is not kept, and lets nobody in.
import type { Standing } from '../policy/decision.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { FactorKind } from '../policy/factor-kind.ts';

export interface SessionOptions {
  /** The server's GraphQL endpoint. */
  readonly url: string;
  /** For how long an answer counts: a session that is ended can go on here for so long. */
  readonly cacheSeconds: number;
}

/** The standing of the user's session; null when it has ended. Rejects when the server gives no answer. */
export type SessionLookup = (token: string, userId: string) => Promise<Standing | null>;

const QUERY = '{ viewer { id roles assurance { evidence { factor categories amr completedAt } enrolled } } }';
const DEADLINE_SECONDS = 5;
/** So that many tokens do not fill the memory; the oldest go first. */
const MOST_KEPT = 10_000;

export function sessionLookup({ url, cacheSeconds }: SessionOptions, now: () => Date): SessionLookup {
  const endpoint = new URL(url);
  const kept = new Map<string, { readonly answer: Promise<Standing | null>; readonly until: number }>();

  return (token, userId) => {
    const time = now().getTime();
    const known = kept.get(token);
    if (known !== undefined && time < known.until) return known.answer;
    kept.delete(token); // so that it goes to the end
    const answer = ask(endpoint, token, userId);
    const entry = { answer, until: time + cacheSeconds * 1000 };
    kept.set(token, entry);
    answer.catch(() => {
      if (kept.get(token) === entry) kept.delete(token);
    });
    for (const [oldest, { until }] of kept) {
      if (until > time && kept.size <= MOST_KEPT) break;
      kept.delete(oldest);
    }
    return answer;
  };
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

async function ask(url: URL, token: string, userId: string): Promise<Standing | null> {
  const response = await fetch(url, {
    method: 'POST',
    headers: {
      'content-type': 'application/json',
      accept: 'application/json',
      authorization: `Bearer ${token}`,
    },
    body: JSON.stringify({ query: QUERY }),
    redirect: 'error', // the token is for this server only
    signal: AbortSignal.timeout(DEADLINE_SECONDS * 1000),
  });
  const { data, errors = [] } = (await response.json()) as Answer;
  if (errors.some((one) => one.extensions?.code === 'UNAUTHENTICATED')) return null;
  const viewer = data?.viewer;
  if (!response.ok || errors.length > 0 || viewer?.id !== userId) {
    throw new Error(`Stepgate did not say whether a session lives (HTTP ${response.status}).`);
  }
  const { evidence, enrolled } = viewer.assurance;
  return {
    evidence: evidence.map((one) => ({ ...one, completedAt: Date.parse(one.completedAt) / 1000 })),
    enrolled,
    roles: viewer.roles,
  };
}

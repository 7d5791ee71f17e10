// The customers API, as the agent uses it. Each operation has a client of its own, because a payment may wait for minutes while
// the others go on.
import { createStepgateClient } from 'stepgate/client';

export interface Settings {
  /** The URL of Stepgate's GraphQL endpoint. */
  readonly stepgate: string;
  /** The URL of the customers API. */
  readonly customers: string;
  /** The token that the user made for this agent, with `createAgentToken`. */
  readonly token: string;
}

export interface Answer {
  readonly data?: Readonly<Record<string, unknown>> | null;
  readonly errors?: readonly {
    readonly message: string;
    readonly extensions?: Readonly<Record<string, unknown>>;
  }[];
}

/** What became of an operation that its user must approve. */
export type End = 'COMPLETE' | 'FAILED' | 'EXPIRED';

export interface Waiting {
  /** Called when the user is asked. @param approves the operation in words. */
  onAsked(approves: string | null): void;
  /** Called when the user has answered, or the request has expired. */
  onAnswered(end: End): void;
}

/** Runs an operation. If it needs an approval, waits for that, and then sends the operation again, once. */
export async function run(
  { stepgate, customers, token }: Settings,
  query: string,
  variables: Readonly<Record<string, unknown>> = {},
  waiting?: Waiting,
): Promise<Answer> {
  const client = createStepgateClient({
    url: stepgate,
    onStepUp: async ({ workflow }) => {
      waiting?.onAsked(workflow.approves);
      await workflow.waitForApproval();
      waiting?.onAnswered(workflow.status as End);
    },
  });
  await client.setSession({ accessToken: token, refreshToken: '' });
  const kind = query.startsWith('mutation') ? 'mutation' : 'query';
  return client.perform({ kind, query, variables }, async ({ headers }): Promise<Answer> => {
    const response = await fetch(customers, {
      method: 'POST',
      headers: { ...headers, 'content-type': 'application/json', accept: 'application/json' },
      body: JSON.stringify({ query, variables }),
      signal: AbortSignal.timeout(10_000),
    });
    return (await response.json()) as Answer;
  });
}

/** What the user should read about an operation that was refused or failed. */
export function problemOf({ errors = [] }: Answer): string | null {
  const [first] = errors;
  if (first === undefined) return null;
  const { code } = first.extensions ?? {};
  if (code === 'UNAUTHENTICATED') return 'The access of this agent has ended. Ask the user for a new token.';
  return first.message;
}

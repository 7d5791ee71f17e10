// Waits until somebody has approved a workflow elsewhere: the server tells it over server-sent events. Where these do not
// arrive, the workflow is read from time to time.
import type { GraphQLAnswer, GraphQLRequest } from './endpoint.ts';

/** What a client that waits for an approval learns. */
export interface Approval {
  /** The status of the workflow. */
  readonly status: string;
  /**
   * When the request was approved, in ISO 8601. Null if it was not: the workflow is over, or the request is, because it has
   * expired or the user typed a wrong number on the device.
   */
  readonly approvedAt: string | null;
}

/** How to ask Stepgate. */
export interface ApprovalChannel {
  query<Data>(request: GraphQLRequest): Promise<GraphQLAnswer<Data>>;
  /** Yields null for a sign of life. Ends or rejects when nothing more will come. */
  subscribe<Data>(request: GraphQLRequest, signal: AbortSignal): AsyncIterable<GraphQLAnswer<Data> | null>;
}

interface Read {
  readonly workflow: {
    readonly status: string;
    readonly challenge: { readonly approvedAt: string | null } | null;
  } | null;
}

const FIELDS = '($id: ID!) { workflow(id: $id) { status challenge { approvedAt } } }';
/** The server gives a sign of life every 12 seconds. */
const SILENCE_MILLISECONDS = 15_000;
const POLL_MILLISECONDS = 3000;

/** @returns when the request is approved or over. Rejects when `signal` aborts. */
export async function untilApproved(
  { query, subscribe }: ApprovalChannel,
  id: string,
  signal: AbortSignal,
): Promise<Approval> {
  const variables = { id };

  async function watched(): Promise<Approval | null> {
    const silence = new AbortController();
    const stop = (): void => silence.abort();
    let timer = setTimeout(stop, SILENCE_MILLISECONDS);
    try {
      const request = { query: `subscription ${FIELDS}`, variables };
      const either = AbortSignal.any([signal, silence.signal]);
      for await (const answer of subscribe<Read>(request, either)) {
        clearTimeout(timer);
        timer = setTimeout(stop, SILENCE_MILLISECONDS);
        const approval = approvalOf(answer);
        if (approval !== null) return approval;
      }
      return null;
    } finally {
      clearTimeout(timer);
      stop();
    }
  }

  for (;;) {
    // It may have begun after an approval, or have missed one, and it may not be possible at all.
    const approval =
      (await watched().catch(() => null)) ??
      approvalOf(await query<Read>({ query: `query ${FIELDS}`, variables }).catch(() => null));
    if (approval !== null) return approval;
    signal.throwIfAborted();
    await new Promise((resolve) => setTimeout(resolve, POLL_MILLISECONDS));
    signal.throwIfAborted();
  }
}

/** Null while there is something to wait for. */
function approvalOf(answer: GraphQLAnswer<Read> | null): Approval | null {
  const workflow = answer?.data?.workflow;
  if (workflow === undefined) return null; // a failed request
  if (workflow === null) return { status: 'FAILED', approvedAt: null };
  const { status, challenge } = workflow;
  const approvedAt = challenge?.approvedAt ?? null;
  const waits = status.startsWith('NEEDS_') && challenge !== null && approvedAt === null;
  return waits ? null : { status, approvedAt };
}

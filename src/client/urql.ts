// The public export `stepgate/client/urql`: an exchange for @urql/core 6.
import {
  type Exchange,
  type ExchangeIO,
  makeErrorResult,
  makeOperation,
  type OperationResult,
  stringifyDocument,
  type Operation as UrqlOperation,
} from '@urql/core';
import {
  filter,
  make,
  makeSubject,
  merge,
  mergeMap,
  pipe,
  type Source,
  share,
  subscribe,
  takeUntil,
} from 'wonka';
import type { Credentials } from './endpoint.ts';
import { hasOneField, type Operation } from './operation.ts';
import { assertReaches, type OperationClient } from './operation-client.ts';
import type { Answer } from './refusal.ts';
import { performStream, type Sink } from './stream.ts';

export { type OperationClient, OtherHostError } from './operation-client.ts';

/** Identifies the results of one attempt, because equal mutations have the same key. */
const ATTEMPT = 'stepgateAttempt';

/**
 * Creates an urql exchange that adds the client's access token to each operation, and sends a refused operation again
 * after a token refresh or a step-up. Place it after the cache and before the exchange that fetches.
 *
 * @param client the client whose session and prompts are used.
 * @example
 * new Client({ url, exchanges: [cacheExchange, stepgateExchange(stepgate), fetchExchange] })
 */
export function stepgateExchange(client: OperationClient): Exchange {
  return ({ forward }) =>
    (operations$) => {
      const behind = new ExchangesBehind(forward);
      const shared$ = pipe(operations$, share);
      const performed$ = pipe(
        shared$,
        filter(({ kind }) => kind !== 'teardown'),
        mergeMap((operation) => {
          const unwanted$ = pipe(
            shared$,
            filter((other) => other.kind === 'teardown' && isSame(other, operation)),
          );
          return pipe(performed(client, behind, operation), takeUntil(unwanted$));
        }),
      );
      return merge([behind.others$, performed$]);
    };
}

interface Judged extends Answer {
  readonly result: OperationResult;
}

function performed(
  client: OperationClient,
  behind: ExchangesBehind,
  operation: UrqlOperation,
): Source<OperationResult> {
  return make(({ next, complete }) =>
    performStream<Judged>(
      async (send) => {
        assertReaches(client, operation.context.url);
        return client.perform(described(operation), send);
      },
      (credentials, sink) => behind.send(withCredentials(operation, credentials), sink),
      {
        // The original operation, so that no token ends up in what the application may print.
        next: ({ result }) => next({ ...result, operation }),
        error: (error) => next(makeErrorResult(operation, error as Error)),
        complete,
      },
    ),
  );
}

/** The pipeline of the following exchanges, which all operations share. */
class ExchangesBehind {
  readonly #sent = makeSubject<UrqlOperation>();
  readonly #answers$: Source<OperationResult>;
  /** Results of operations not sent here. Subscribing to them keeps the pipeline connected between operations. */
  readonly others$: Source<OperationResult>;

  constructor(forward: ExchangeIO) {
    this.#answers$ = pipe(this.#sent.source, forward, share);
    this.others$ = pipe(
      this.#answers$,
      filter(({ operation: { context } }) => !(ATTEMPT in context)),
    );
  }

  send(attempt: UrqlOperation, sink: Sink<Judged>): () => void {
    let isOver = false;
    const { unsubscribe } = pipe(
      this.#answers$,
      filter(({ operation: { context } }) => context[ATTEMPT] === attempt.context[ATTEMPT]),
      subscribe((result) => {
        sink.next({ data: result.data, errors: result.error?.graphQLErrors, result });
        isOver = !result.hasNext;
        if (isOver) sink.complete();
      }),
    );
    this.#sent.next(attempt);
    return () => {
      if (!isOver) this.#sent.next(makeOperation('teardown', attempt, attempt.context));
      unsubscribe();
    };
  }
}

function described({ kind, query, variables }: UrqlOperation): Operation {
  return {
    kind: kind === 'teardown' ? 'mutation' : kind, // teardowns are filtered out
    get query() {
      return stringifyDocument(query);
    },
    variables: variables as Operation['variables'],
    hasOneField: 'definitions' in query && hasOneField(query),
  };
}

function withCredentials(operation: UrqlOperation, { headers, cookies }: Credentials): UrqlOperation {
  const { fetchOptions } = operation.context;
  const options = typeof fetchOptions === 'function' ? fetchOptions() : fetchOptions;
  const all = { ...Object.fromEntries(new Headers(options?.headers)), ...headers };
  return makeOperation(operation.kind, operation, {
    ...operation.context,
    [ATTEMPT]: {},
    fetchOptions: { ...options, headers: all, ...(cookies ? { credentials: 'include' } : {}) },
  });
}

/** Equal mutations have the same key, so the instance is compared too. */
function isSame(one: UrqlOperation, other: UrqlOperation): boolean {
  return one.key === other.key && one.context._instance === other.context._instance;
}

// The public export `stepgate/client/urql`: an exchange for @urql/core 6, which goes after the cache and before the one
// that fetches.
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
import type { StepgateClient } from './client.ts';
import type { Credentials } from './endpoint.ts';
import { hasOneField, type Operation } from './operation.ts';
import type { Answer } from './refusal.ts';
import { performStream, type Sink } from './stream.ts';

/** By which the answers of one sending are known: two equal mutations have the same key. */
const ATTEMPT = 'stepgateAttempt';

/** Sends operations with the client's token, and again when they were refused and may be let in now. */
export function stepgateExchange(client: StepgateClient): Exchange {
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
  client: StepgateClient,
  behind: ExchangesBehind,
  operation: UrqlOperation,
): Source<OperationResult> {
  return make(({ next, complete }) =>
    performStream<Judged>(
      (send) => client.perform(described(operation), send),
      (credentials, sink) => behind.send(withCredentials(operation, credentials), sink),
      {
        // As it came: what the application may print holds no token.
        next: ({ result }) => next({ ...result, operation }),
        error: (error) => next(makeErrorResult(operation, error as Error)),
        complete,
      },
    ),
  );
}

/** One pipeline serves all operations: what goes into it, and who is to have what comes out. */
class ExchangesBehind {
  readonly #sent = makeSubject<UrqlOperation>();
  readonly #answers$: Source<OperationResult>;
  /** Answers to what nobody here has sent. Whoever takes them keeps the pipeline connected between operations. */
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
    kind: kind === 'teardown' ? 'mutation' : kind, // none comes here
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

/** Two equal mutations are two operations of one key. */
function isSame(one: UrqlOperation, other: UrqlOperation): boolean {
  return one.key === other.key && one.context._instance === other.context._instance;
}

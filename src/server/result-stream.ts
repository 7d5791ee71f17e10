// The results of a subscription, as the client may see them. A failure is the last result.
import type { ExecutionResult } from 'graphql';
import type { Results } from './results.ts';

export type ResultStream = AsyncIterable<ExecutionResult>;

export function isStream(result: unknown): result is ResultStream {
  return typeof result === 'object' && result !== null && Symbol.asyncIterator in result;
}

/** Not a generator, because a generator would end only after its next result when the client has gone. */
export function presentedStream(stream: ResultStream, results: Results): ResultStream {
  const source = stream[Symbol.asyncIterator]();
  let hasFailed = false;
  const noted = (value: ExecutionResult): IteratorResult<ExecutionResult> => {
    results.note(value);
    return { done: false, value };
  };
  const iterator: AsyncIterableIterator<ExecutionResult> = {
    async next() {
      if (hasFailed) return { done: true, value: undefined };
      try {
        const next = await source.next();
        return next.done ? next : noted(results.presented(next.value));
      } catch (error) {
        hasFailed = true;
        return noted(results.failed(error));
      }
    },
    async return() {
      await source.return?.();
      return { done: true, value: undefined };
    },
    [Symbol.asyncIterator]() {
      return iterator;
    },
  };
  return iterator;
}

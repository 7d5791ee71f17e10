// Runs operations whose results are a stream, as in links and exchanges. The first result shows whether the operation was
// refused. Later results are held back until that is decided, and dropped if the operation is sent again.
import type { Credentials } from './endpoint.ts';
import type { Answer } from './refusal.ts';
import type { Send } from './run-operation.ts';

/** Receives the results of an operation. */
export interface Sink<Result> {
  next(result: Result): void;
  error(error: unknown): void;
  complete(): void;
}

/** Sends the operation. Results go to `sink` until the returned function is called. */
export type Subscribe<Result> = (credentials: Credentials, sink: Sink<Result>) => () => void;

/** @param perform runs one operation of a client. @returns a function that stops it at any time. */
export function performStream<Result extends Answer>(
  perform: (send: Send<Result>) => Promise<Result>,
  subscribe: Subscribe<Result>,
  sink: Sink<Result>,
): () => void {
  let isOver = false;
  let unsubscribe = (): void => {};
  let held = new Held<Result>();

  const send: Send<Result> = (credentials) => {
    unsubscribe();
    held = new Held();
    const { first } = held;
    if (!isOver) unsubscribe = subscribe(credentials, held);
    return first;
  };
  perform(send).then(
    () => isOver || held.release(sink),
    (error: unknown) => isOver || sink.error(error),
  );
  return () => {
    isOver = true;
    unsubscribe();
  };
}

/** Buffers results until it has a sink. */
class Held<Result extends Answer> implements Sink<Result> {
  #sink: Sink<Result> | null = null;
  #kept: ((sink: Sink<Result>) => void)[] = [];
  #settle: { resolve(first: Result): void; reject(error: unknown): void } | null = null;
  readonly first: Promise<Result> = new Promise((resolve, reject) => {
    this.#settle = { resolve, reject };
  });

  release(sink: Sink<Result>): void {
    this.#sink = sink;
    for (const give of this.#kept) give(sink);
    this.#kept = [];
  }

  next(result: Result): void {
    this.#pass((sink) => sink.next(result));
    this.#settle?.resolve(result);
  }

  error(error: unknown): void {
    this.#pass((sink) => sink.error(error));
    this.#settle?.reject(error);
  }

  complete(): void {
    this.#pass((sink) => sink.complete());
    this.#settle?.resolve({} as Result); // no result, so there is nothing to decide
  }

  #pass(give: (sink: Sink<Result>) => void): void {
    if (this.#sink === null) this.#kept.push(give);
    else give(this.#sink);
  }
}

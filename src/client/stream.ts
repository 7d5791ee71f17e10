// Operations whose answers are a stream, as links and exchanges have them. The first answer tells whether the operation
// was refused; what follows it is kept back until that is decided, and dropped when the operation is sent again.
import type { Credentials } from './endpoint.ts';
import type { Send } from './perform.ts';
import type { Answer } from './refusal.ts';

/** Who takes the answers of an operation. */
export interface Sink<Result> {
  next(result: Result): void;
  error(error: unknown): void;
  complete(): void;
}

/** Sends the operation; its answers go to `sink` until the returned function is called. */
export type Subscribe<Result> = (credentials: Credentials, sink: Sink<Result>) => () => void;

/** @param perform a client's, for one operation. @returns what ends it, whatever it waits for. */
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

/** Keeps what it is given, until it has somebody to give it to. */
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
    this.#settle?.resolve({} as Result); // it had no answer: there is nothing to decide
  }

  #pass(give: (sink: Sink<Result>) => void): void {
    if (this.#sink === null) this.#kept.push(give);
    else give(this.#sink);
  }
}

// A subscription over server-sent events, as a browser application would open it with `fetch`.
import type { GraphQLProblem } from './client.ts';

export interface StreamedResult {
  // oxlint-disable-next-line typescript/no-explicit-any -- depends on the subscription of the test
  readonly data?: any;
  readonly errors?: readonly GraphQLProblem[];
}

export class EventStream implements AsyncDisposable {
  readonly response: Response;
  readonly #abort: AbortController;
  readonly #results: StreamedResult[] = [];
  #isComplete = false;
  #error: unknown = null;
  #notify: () => void = () => {};

  private constructor(response: Response, abort: AbortController) {
    this.response = response;
    this.#abort = abort;
    void this.#read();
  }

  static async open(
    url: string,
    body: object,
    headers: Readonly<Record<string, string>> = {},
  ): Promise<EventStream> {
    const abort = new AbortController();
    const response = await fetch(`${url}/graphql`, {
      method: 'POST',
      headers: { 'content-type': 'application/json', accept: 'text/event-stream', ...headers },
      body: JSON.stringify(body),
      signal: abort.signal,
    });
    return new EventStream(response, abort);
  }

  /** The next result, or null when the server has completed the stream. */
  async next(milliseconds = 10_000): Promise<StreamedResult | null> {
    const deadline = performance.now() + milliseconds;
    while (this.#results.length === 0 && !this.#isComplete) {
      if (this.#error !== null) throw this.#error;
      const left = deadline - performance.now();
      if (left <= 0) throw new Error('No result arrived.');
      await new Promise<void>((resolve) => {
        this.#notify = resolve;
        setTimeout(resolve, left).unref();
      });
    }
    return this.#results.shift() ?? null;
  }

  get isIdle(): boolean {
    return this.#results.length === 0 && !this.#isComplete && this.#error === null;
  }

  close(): void {
    this.#abort.abort();
  }

  async [Symbol.asyncDispose](): Promise<void> {
    this.close();
  }

  async #read(): Promise<void> {
    try {
      let text = '';
      const decoder = new TextDecoder();
      for await (const chunk of this.response.body ?? []) {
        text += decoder.decode(chunk, { stream: true });
        const events = text.split('\n\n');
        text = events.pop() ?? '';
        for (const event of events) this.#take(event);
      }
      if (!this.#isComplete) throw new Error('The stream ended without `complete`.');
    } catch (error) {
      this.#error = error;
    }
    this.#notify();
  }

  #take(event: string): void {
    const [, name] = /^event: (.*)$/m.exec(event) ?? [];
    const [, data] = /^data: (.*)$/m.exec(event) ?? [];
    if (name === 'next') this.#results.push(JSON.parse(data ?? ''));
    if (name === 'complete') this.#isComplete = true;
    this.#notify();
  }
}

// The short way past a guard: once its guards are met, a field passes again at the cost of a comparison. A pass is for
// one execution of an operation. It ends with the microtask that it was made in, so nothing that waits outlives it.

/**
 * How many fields may pass between two looks at the clock. A look may cost as much as a field. The first fields look each
 * time, because the clock moves in a resolver that computes for long, too.
 */
const MOST_FIELDS = 64;

export class Pass {
  #context: unknown;
  #execution: unknown;
  #left = 0;
  #next = 0;

  /** @param execution an object that the executor makes for each execution. */
  constructor(context: unknown, execution: object) {
    this.#context = context;
    this.#execution = execution;
    void Promise.resolve().then(() => this.end());
  }

  /** Counts the field. */
  lets(context: unknown, execution: unknown): boolean {
    return this.#context === context && this.#execution === execution && this.#left-- > 0;
  }

  isFor(context: unknown, execution: unknown): boolean {
    return this.#context === context && this.#execution === execution;
  }

  /** Call it after a look at the clock. */
  extend(): void {
    this.#left = this.#next;
    this.#next = Math.min(this.#next * 4 + 1, MOST_FIELDS);
  }

  /** Forgets the context as well: the guards keep their last pass for as long as the schema exists. */
  end(): void {
    this.#context = undefined;
    this.#execution = undefined;
    this.#left = 0;
  }
}

// Limits work that keeps a core busy: password hashes and strength estimates. Without a limit, a flood of sign-ins
// would starve everything else. Each slot runs one task at a time, and only as many tasks may wait as can start within
// the deadline. Further requests fail at once with OVERLOADED.
import PQueue from 'p-queue';

/** The longest wait. */
const DEADLINE_SECONDS = 5;
/** How many tasks may always wait, even if the work is too slow for the deadline. */
const LEAST_WAITING = 4;
/** The weight of the newest measurement in the running average of the work's duration. */
const NEWEST_WEIGHT = 0.1;

export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('The server is busy checking passwords. Try again in a few seconds.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class HashingQueue {
  readonly #queue: PQueue;
  readonly #slots: number;
  #averageSeconds: number;

  /**
   * @param expectedSeconds the expected duration of the work. Estimate high, so that a flood at startup is limited too.
   */
  constructor(slots: number, expectedSeconds = 0.5) {
    this.#slots = slots;
    this.#averageSeconds = expectedSeconds;
    this.#queue = new PQueue({ concurrency: slots });
  }

  /** @throws {OverloadedError} at once, when the queue is longer than the deadline allows. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#queue.size >= this.#mostWaiting()) throw new OverloadedError(DEADLINE_SECONDS);
    return await this.#queue.add(async () => {
      const startedAt = performance.now();
      const done = await work();
      // Failed work is not measured.
      this.#measured((performance.now() - startedAt) / 1000);
      return done;
    });
  }

  #measured(seconds: number): void {
    this.#averageSeconds += NEWEST_WEIGHT * (seconds - this.#averageSeconds);
  }

  /** Waiting and running tasks together stay below deadline × rate. */
  #mostWaiting(): number {
    const served = Math.floor((DEADLINE_SECONDS * this.#slots) / this.#averageSeconds);
    return Math.max(LEAST_WAITING, served - this.#slots);
  }
}

// Lanes for work that keeps a core busy: password hashes, estimates of strength. Unbounded, a flood of sign-ins starves
// everything else. So no more of it runs at a time than there are lanes, and no more waits than can be served within the
// deadline; past that the answer is an immediate OVERLOADED.
import PQueue from 'p-queue';

/** Nobody waits longer than this. */
const DEADLINE_SECONDS = 5;
/** Allowed to wait even when the work is so slow that the deadline would leave room for none. */
const LEAST_WAITING = 4;
/** How much the newest measurement weighs in the running average of the work's duration. */
const NEWEST_WEIGHT = 0.1;

export class OverloadedError extends Error {
  override readonly name = 'OverloadedError';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('Too many passwords are being checked at once.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class Lanes {
  readonly #queue: PQueue;
  readonly #lanes: number;
  #averageSeconds: number;

  /** @param expectedSeconds that the work takes. Rather too many, so that a flood at the very start is bounded too. */
  constructor(lanes: number, expectedSeconds = 0.5) {
    this.#lanes = lanes;
    this.#averageSeconds = expectedSeconds;
    this.#queue = new PQueue({ concurrency: lanes });
  }

  /** @throws {OverloadedError} at once when the queue is longer than the deadline allows. */
  async run<T>(work: () => Promise<T>): Promise<T> {
    if (this.#queue.size >= this.#mostWaiting()) throw new OverloadedError(DEADLINE_SECONDS);
    return await this.#queue.add(async () => {
      const startedAt = performance.now();
      const done = await work();
      // One that failed says nothing about how long it takes.
      this.#measured((performance.now() - startedAt) / 1000);
      return done;
    });
  }

  #measured(seconds: number): void {
    this.#averageSeconds += NEWEST_WEIGHT * (seconds - this.#averageSeconds);
  }

  /** Waiting and running together stay below deadline × rate. */
  #mostWaiting(): number {
    const served = Math.floor((DEADLINE_SECONDS * this.#lanes) / this.#averageSeconds);
    return Math.max(LEAST_WAITING, served - this.#lanes);
  }
}

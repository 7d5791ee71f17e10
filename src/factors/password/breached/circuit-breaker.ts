// After a failure, the service is not called again for a while, so that users do not wait for it. An outage is logged
// once when it starts and once when it ends.
import { addSeconds, type Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { BreachedUnavailableError } from './breached.ts';

const PAUSE_SECONDS = 30;

export class CircuitBreaker {
  readonly #log: Log;
  readonly #clock: Clock;
  /** Null while the service works. */
  #last: { readonly failure: BreachedUnavailableError; readonly until: Date } | null = null;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @throws {BreachedUnavailableError} from `question`, or without calling it during the pause after a failure. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#last !== null && this.#clock.now() < this.#last.until) throw this.#last.failure;
    try {
      const answer = await question();
      if (this.#last !== null) this.#log.info('breached password checks work again');
      this.#last = null;
      return answer;
    } catch (error) {
      if (!(error instanceof BreachedUnavailableError)) throw error;
      if (this.#last === null) this.#log.warn({ err: error }, 'breached password checks are failing');
      this.#last = { failure: error, until: addSeconds(this.#clock.now(), PAUSE_SECONDS) };
      throw error;
    }
  }
}

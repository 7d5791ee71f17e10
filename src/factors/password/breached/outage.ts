// A back end that failed is not asked again for a while, so that nobody waits for it in vain, and its outage is told to
// the log once, and once more when it is over.
import { addSeconds, type Clock } from '../../../platform/clock.ts';
import type { Log } from '../../../platform/log.ts';
import { BreachedUnavailableError } from './breached.ts';

const PAUSE_SECONDS = 30;

export class Outage {
  readonly #log: Log;
  readonly #clock: Clock;
  /** Null while all is well. */
  #last: { readonly failure: BreachedUnavailableError; readonly until: Date } | null = null;

  constructor(log: Log, clock: Clock) {
    this.#log = log;
    this.#clock = clock;
  }

  /** @throws {BreachedUnavailableError} what was asked, or without asking in the pause after it. */
  async ask<T>(question: () => Promise<T>): Promise<T> {
    if (this.#last !== null && this.#clock.now() < this.#last.until) throw this.#last.failure;
    try {
      const answer = await question();
      if (this.#last !== null) this.#log.info('breached passwords are looked up again');
      this.#last = null;
      return answer;
    } catch (error) {
      if (!(error instanceof BreachedUnavailableError)) throw error;
      if (this.#last === null) this.#log.warn({ err: error }, 'breached passwords cannot be looked up');
      this.#last = { failure: error, until: addSeconds(this.#clock.now(), PAUSE_SECONDS) };
      throw error;
    }
  }
}

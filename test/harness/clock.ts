// A clock that advances only when a test says so, plus a millisecond at each reading to keep events in order. No test
// waits for time to pass, and no code expires on a slow machine.
import type { Clock } from '../../src/platform/clock.ts';

export class TestClock implements Clock {
  #milliseconds = Date.now();

  now(): Date {
    this.#milliseconds += 1;
    return new Date(this.#milliseconds);
  }

  advance(seconds: number): void {
    this.#milliseconds += seconds * 1000;
  }
}

/** The system clock, for a server used by other programs, which generate their codes with it. */
export class MachineClock extends TestClock {
  override now(): Date {
    return new Date();
  }
}

/** The system clock, put forward, beside a provider that keeps to the system clock. */
export class AheadClock extends TestClock {
  #seconds: number;

  constructor(seconds = 0) {
    super();
    this.#seconds = seconds;
  }

  override now(): Date {
    return new Date(Date.now() + this.#seconds * 1000);
  }

  override advance(seconds: number): void {
    this.#seconds += seconds;
  }
}

// A clock that goes on only when a test says so, and a millisecond at each look, so that what happens later is later.
// Nothing waits for time to pass, and a busy machine makes no code too old.
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

/** That of the machine, for a server that other programs speak to: they make their codes by it. */
export class MachineClock extends TestClock {
  override now(): Date {
    return new Date();
  }
}

// A clock that a test moves on, so that nothing waits for time to pass.
import type { Clock } from '../../src/platform/clock.ts';

export class TestClock implements Clock {
  #aheadMs = 0;

  now(): Date {
    return new Date(Date.now() + this.#aheadMs);
  }

  advance(seconds: number): void {
    this.#aheadMs += seconds * 1000;
  }
}

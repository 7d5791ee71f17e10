// Limits how often passwords are checked while users type them. A check cannot be used to guess a password, so the
// limit only keeps capacity for other users. It is counted in memory, separately on each node, for each network.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../../platform/ip-address.ts';
import { UserError } from '../../platform/user-error.ts';
import { HashingQueue } from './hashing-queue.ts';

const CHECKS = 240;
const WINDOW_SECONDS = 60;
/** This many checks run at a time. */
const SLOTS = 3;
const EXPECTED_SECONDS = 0.2;

export class TooManyChecks extends UserError {
  static readonly description =
    'This network has checked too many passwords. Wait for `retryAfterSeconds`, or submit the password without checking it first.';
  readonly code = 'TOO_MANY_CHECKS';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('Too many password checks. Wait a moment, or submit the password, which is checked then too.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class CheckLimit {
  readonly #limiter = new RateLimiterMemory({ points: CHECKS, duration: WINDOW_SECONDS });
  readonly #queue = new HashingQueue(SLOTS, EXPECTED_SECONDS);

  /** @param ip the client's address. Null when it is not known. @throws {TooManyChecks} @throws {OverloadedError} */
  async run<T>(ip: string | null, check: () => Promise<T>): Promise<T> {
    await this.#limiter.consume(networkOf(ip ?? '') ?? 'unknown').catch((error: unknown) => {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new TooManyChecks(Math.max(1, Math.ceil(error.msBeforeNext / 1000)));
    });
    return this.#queue.run(check);
  }
}

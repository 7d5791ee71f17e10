// How often passwords may be checked while they are typed. A check guesses at nobody's password, so this only protects
// those who choose one at the same time: it is counted in memory, by each node for itself, and for each network.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../../platform/ip-address.ts';
import { UserError } from '../../platform/user-error.ts';
import { Lanes } from './lanes.ts';

const CHECKS = 240;
const WINDOW_SECONDS = 60;
/** So many checks may be ahead of somebody who chooses a password. */
const LANES = 3;
const EXPECTED_SECONDS = 0.2;

export class TooManyChecks extends UserError {
  readonly code = 'TOO_MANY_CHECKS';
  readonly retryAfterSeconds: number;
  constructor(retryAfterSeconds: number) {
    super('Too many passwords were checked. Wait, or submit the password: it is checked there as well.');
    this.retryAfterSeconds = retryAfterSeconds;
  }
}

export class CheckLimit {
  readonly #limiter = new RateLimiterMemory({ points: CHECKS, duration: WINDOW_SECONDS });
  readonly #lanes = new Lanes(LANES, EXPECTED_SECONDS);

  /** @param ip of whoever asks, where it is known. @throws {TooManyChecks} @throws {OverloadedError} */
  async run<T>(ip: string | null, check: () => Promise<T>): Promise<T> {
    await this.#limiter.consume((ip && networkOf(ip)) ?? 'unknown').catch((error: unknown) => {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new TooManyChecks(Math.max(1, Math.ceil(error.msBeforeNext / 1000)));
    });
    return this.#lanes.run(check);
  }
}

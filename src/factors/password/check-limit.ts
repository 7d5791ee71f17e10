// How often passwords may be checked while they are typed. A check guesses at nobody's password, so this only protects
// the thread that estimates strength: it is counted in memory, by each node for itself, and for each network.
import { RateLimiterMemory, RateLimiterRes } from 'rate-limiter-flexible';
import { networkOf } from '../../platform/ip-address.ts';
import { UserError } from '../../platform/user-error.ts';

const CHECKS = 300;
const WINDOW_SECONDS = 60;

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

  /** @param ip of whoever asks, where it is known. @throws {TooManyChecks} */
  async spend(ip: string | null): Promise<void> {
    await this.#limiter.consume((ip && networkOf(ip)) ?? 'unknown').catch((error: unknown) => {
      if (!(error instanceof RateLimiterRes)) throw error;
      throw new TooManyChecks(Math.max(1, Math.ceil(error.msBeforeNext / 1000)));
    });
  }
}

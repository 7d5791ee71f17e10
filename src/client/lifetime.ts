// Decides when an access token is due for a refresh, and when it is too fresh for one. The device's clock may be wrong,
// so only the lifetime of the token counts (RFC 7519 section 4.1: `exp` minus `iat`), from the time it was received.
import { claimsOf } from './claims.ts';
import type { SessionGrant } from './session-grant.ts';
import type { StoredTokens } from './token-store.ts';

/** A token that expires while a request is in transit would be refused. */
const LEEWAY_SECONDS = 30;

/** Converts a grant that was just received to its stored form. */
export function received({ accessToken, refreshToken }: SessionGrant): StoredTokens {
  const seconds = lifetimeSeconds(accessToken);
  if (seconds === null) return { accessToken, refreshToken, refreshAt: null };
  const leeway = Math.min(LEEWAY_SECONDS, seconds / 10);
  return { accessToken, refreshToken, refreshAt: Date.now() + (seconds - leeway) * 1000 };
}

/** Whether a token has expired or is about to. */
export function isDue({ refreshAt }: StoredTokens): boolean {
  return refreshAt !== null && Date.now() >= refreshAt;
}

function lifetimeSeconds(accessToken: string): number | null {
  const { exp, iat } = claimsOf(accessToken);
  return typeof exp === 'number' && typeof iat === 'number' && exp > iat ? exp - iat : null;
}

/** A fresher token surely has all evidence of its session: no user proves a factor elsewhere and returns this quickly. */
const YOUNG_MILLISECONDS = 10_000;

/** The time, by this device's clock, at which the tokens of a session were last known to be up to date. */
export class Freshness {
  #at = Number.NEGATIVE_INFINITY;

  note(): void {
    this.#at = Date.now();
  }

  /** Absolute, because the clock may be changed while a page is open. */
  get isYoung(): boolean {
    return Math.abs(Date.now() - this.#at) < YOUNG_MILLISECONDS;
  }
}

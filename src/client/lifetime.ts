// When an access token is due for a refresh, and when it is too young for one. The clock of a device may be wrong, so only
// the token's own lifetime counts (RFC 7519 section 4.1: `exp` less `iat`), from when it was received.
import { claimsOf } from './claims.ts';
import type { SessionGrant } from './session-grant.ts';
import type { StoredTokens } from './token-store.ts';

/** A request takes a while, and a token that expires on its way is refused. */
const LEEWAY_SECONDS = 30;

/** A grant that has just been received, as it is kept. */
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

/** A token that is younger says all that its session holds: nobody proves a factor elsewhere and is back so soon. */
const YOUNG_MILLISECONDS = 10_000;

/** When the tokens of a session were last known to be up to date, by this device's clock. */
export class Freshness {
  #at = Number.NEGATIVE_INFINITY;

  note(): void {
    this.#at = Date.now();
  }

  /** The clock may be set while a page is open. */
  get isYoung(): boolean {
    return Math.abs(Date.now() - this.#at) < YOUNG_MILLISECONDS;
  }
}

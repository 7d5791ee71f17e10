// When an access token is due for a refresh. The clock of a device may be wrong, so only the token's own lifetime
// counts (RFC 7519 section 4.1: `exp` less `iat`), from when it was received.
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

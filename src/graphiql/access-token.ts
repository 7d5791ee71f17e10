// What an access token says of its session. Nothing is verified here; that is up to the API.
import { claimsOf } from '../client/claims.ts';
import { authContextFrom } from '../policy/claims.ts';
import type { AuthContext } from '../policy/decision.ts';

export interface ReadToken {
  readonly sessionId: string;
  readonly userId: string;
  /** What the guards see. */
  readonly authContext: AuthContext;
  /** The server's clock, in seconds since 1970, when the token was issued. */
  readonly issuedAt: number;
  /** This device's clock, in seconds since 1970, when the token was received. */
  readonly receivedAt: number;
}

/** Call it when the token is received. @returns null if it is not an access token of Stepgate. */
export function readToken(accessToken: string): ReadToken | null {
  const claims = claimsOf(accessToken) as Readonly<Record<string, unknown>>;
  const { sid, sub, iat } = claims;
  if (typeof sid !== 'string' || typeof sub !== 'string' || typeof iat !== 'number') return null;
  return {
    sessionId: sid,
    userId: sub,
    authContext: authContextFrom(claims, iat),
    issuedAt: iat,
    receivedAt: nowHere(),
  };
}

/** The server's clock, in seconds since 1970. The clock of this device may be wrong. */
export function nowThere({ issuedAt, receivedAt }: ReadToken): number {
  return issuedAt + Math.max(0, nowHere() - receivedAt);
}

function nowHere(): number {
  return Math.floor(Date.now() / 1000);
}

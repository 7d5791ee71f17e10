// Access tokens: JWTs of the profile of RFC 9068 (`typ: at+jwt`), signed with a key of /.well-known/jwks.json.
import { decodeProtectedHeader, errors, jwtVerify, SignJWT } from 'jose';
import { secondsOf } from '../platform/clock.ts';
import { standingClaims } from '../policy/claims.ts';
import type { Standing } from '../policy/decision.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

const TOKEN_TYPE = 'at+jwt';
/** Our own clocks made `exp` and `nbf`; other nodes' may be this far off. */
const CLOCK_TOLERANCE_SECONDS = 5;

/** What the user has proved and could prove, their roles, and: */
export interface AccessTokenClaims extends Standing {
  readonly userId: string;
  readonly sessionId: string;
  readonly tenantId: string;
  /** `mfa.v`: the policy's demands on this user are met. */
  readonly meetsPolicy: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

export class AccessTokens {
  readonly #keys: SigningKeys;
  readonly #issuer: string;

  /** @param issuer the public URL: both `iss` and `aud`. */
  constructor(keys: SigningKeys, issuer: string) {
    this.#keys = keys;
    this.#issuer = issuer;
  }

  async sign(claims: AccessTokenClaims): Promise<string> {
    const { kid, key } = await this.#keys.current();
    return new SignJWT({
      sid: claims.sessionId,
      tid: claims.tenantId,
      ...standingClaims(claims, claims.meetsPolicy),
    })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: TOKEN_TYPE, kid })
      .setIssuer(this.#issuer)
      .setAudience(this.#issuer)
      .setSubject(claims.userId)
      .setIssuedAt(secondsOf(claims.issuedAt))
      .setExpirationTime(secondsOf(claims.expiresAt))
      .sign(key);
  }

  /** The session that a token is for, or what is wrong with it. Never throws for what a client may send. */
  async verify(token: string, now: Date): Promise<{ sessionId: string } | { fault: TokenFault }> {
    try {
      const { kid } = decodeProtectedHeader(token);
      const key = typeof kid === 'string' ? await this.#keys.publicKey(kid) : null;
      if (key === null) return { fault: 'INVALID' };
      const { payload } = await jwtVerify(token, key, {
        algorithms: [SIGNING_ALGORITHM],
        typ: TOKEN_TYPE,
        issuer: this.#issuer,
        audience: this.#issuer,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now,
        requiredClaims: ['sid', 'exp', 'iat'],
      });
      const { sid } = payload;
      return typeof sid === 'string' ? { sessionId: sid } : { fault: 'INVALID' };
    } catch (error) {
      if (error instanceof errors.JWTExpired) return { fault: 'EXPIRED' };
      if (error instanceof errors.JOSEError || error instanceof TypeError) return { fault: 'INVALID' };
      throw error;
    }
  }
}

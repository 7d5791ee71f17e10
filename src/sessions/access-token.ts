// Access tokens: JWTs of the profile of RFC 9068 (`typ: at+jwt`), signed with a key of /.well-known/jwks.json.
import { decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { secondsOf } from '../platform/clock.ts';
import { standingClaims, standingOf } from '../policy/claims.ts';
import type { Standing } from '../policy/decision.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

const TOKEN_TYPE = 'at+jwt';
/** Our own clocks made `exp` and `nbf`; other nodes' may be this far off. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** `client_id` (RFC 9068 section 2.2): tokens are issued to whoever signs in here, and to no registered client. */
const CLIENT_ID = 'stepgate';

/** What the user has proved and could prove, their roles, and: */
export interface AccessTokenClaims extends Standing {
  /** `jti`: no other token has it. */
  readonly id: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly tenantId: string;
  /** `mfa.v`: the policy's demands on this user are met. */
  readonly meetsPolicy: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** What a token says that is ours and still valid. */
export interface VerifiedToken {
  readonly sessionId: string;
  /** `jti`. Null for a token of a version that wrote none. */
  readonly id: string | null;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly evidence: readonly Evidence[];
}

/** What is wrong with a token, and the session of one that has merely expired. */
export interface FaultyToken {
  readonly fault: TokenFault;
  readonly sessionId: string | null;
}

const INVALID: FaultyToken = { fault: 'INVALID', sessionId: null };

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
      client_id: CLIENT_ID,
      ...standingClaims(claims, claims.meetsPolicy, secondsOf(claims.issuedAt)),
    })
      .setProtectedHeader({ alg: SIGNING_ALGORITHM, typ: TOKEN_TYPE, kid })
      .setIssuer(this.#issuer)
      .setAudience(this.#issuer)
      .setSubject(claims.userId)
      .setJti(claims.id)
      .setIssuedAt(secondsOf(claims.issuedAt))
      .setExpirationTime(secondsOf(claims.expiresAt))
      .sign(key);
  }

  /** What a token says, or what is wrong with it. Never throws for what a client may send. */
  async verify(token: string, now: Date): Promise<VerifiedToken | FaultyToken> {
    try {
      const { kid } = decodeProtectedHeader(token);
      const key = typeof kid === 'string' ? await this.#keys.publicKey(kid) : null;
      if (key === null) return INVALID;
      const { payload } = await jwtVerify(token, key, {
        algorithms: [SIGNING_ALGORITHM],
        typ: TOKEN_TYPE,
        issuer: this.#issuer,
        audience: this.#issuer,
        clockTolerance: CLOCK_TOLERANCE_SECONDS,
        currentDate: now,
        requiredClaims: ['sid', 'exp', 'iat'],
      });
      const sessionId = sessionIdIn(payload);
      if (sessionId === null) return INVALID;
      const { evidence } = standingOf(payload, secondsOf(now) + CLOCK_TOLERANCE_SECONDS);
      const { jti: id = null, iat: issuedAt, exp: expiresAt } = payload as Required<typeof payload>;
      return { sessionId, id, issuedAt, expiresAt, evidence };
    } catch (error) {
      // The signature and everything else have been verified by then.
      if (error instanceof errors.JWTExpired) {
        return { fault: 'EXPIRED', sessionId: sessionIdIn(error.payload) };
      }
      if (error instanceof errors.JOSEError || error instanceof TypeError) return INVALID;
      throw error;
    }
  }
}

function sessionIdIn({ sid }: JWTPayload): string | null {
  return typeof sid === 'string' ? sid : null;
}

// Access tokens: JWTs as profiled in RFC 9068 (`typ: at+jwt`), signed with a key in /.well-known/jwks.json.
import { type CryptoKey, decodeProtectedHeader, errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { LRUCache } from 'lru-cache';
import { secondsOf } from '../platform/clock.ts';
import { authContextClaims, authContextFrom } from '../policy/claims.ts';
import type { AuthContext } from '../policy/decision.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';
import { SIGNING_ALGORITHM, type SigningKeys } from './signing-keys.ts';

const TOKEN_TYPE = 'at+jwt';
/** The clocks of nodes may differ by this much. */
const CLOCK_TOLERANCE_SECONDS = 5;
/** `client_id` (RFC 9068 section 2.2). Constant, because there are no registered clients. */
const CLIENT_ID = 'stepgate';
/** A signature takes longer to check than everything else that a request of the same client needs. */
const MOST_VERIFIED = 1000;

/** The auth context of the user (evidence, enrolled factors, roles), and: */
export interface AccessTokenClaims extends AuthContext {
  /** `jti`, unique to this token. */
  readonly id: string;
  readonly userId: string;
  readonly sessionId: string;
  readonly tenantId: string;
  /** `mfa.v`: whether the session satisfies the tenant's policy. */
  readonly meetsPolicy: boolean;
  readonly issuedAt: Date;
  readonly expiresAt: Date;
}

/** The content of a valid token. */
export interface VerifiedToken {
  readonly sessionId: string;
  /** `jti`. Null for a token from a version without it. */
  readonly id: string | null;
  /** Seconds since 1970. */
  readonly issuedAt: number;
  /** Seconds since 1970. */
  readonly expiresAt: number;
  readonly evidence: readonly Evidence[];
}

/** Why a token is refused, and its session if it has merely expired. */
export interface FaultyToken {
  readonly fault: TokenFault;
  readonly sessionId: string | null;
}

/** With the claims that verification requires. */
type IssuedPayload = JWTPayload & { readonly iat: number; readonly exp: number };

const INVALID: FaultyToken = { fault: 'INVALID', sessionId: null };

/** A token whose signature and claims were verified with this key. Only time can make it invalid. */
interface Signed {
  readonly key: CryptoKey;
  readonly payload: IssuedPayload;
}

export class AccessTokens {
  readonly #keys: SigningKeys;
  readonly #issuer: string;
  readonly #signed = new LRUCache<string, Signed>({ max: MOST_VERIFIED });

  /** @param issuer the public URL, used as `iss` and `aud`. */
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
      ...(claims.agent && { act: { sub: claims.sessionId, name: claims.agent.name } }),
      ...authContextClaims(claims, claims.meetsPolicy, secondsOf(claims.issuedAt)),
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

  /** Returns the content of a token, or why it is refused. Never throws for any client input. */
  async verify(token: string, now: Date): Promise<VerifiedToken | FaultyToken> {
    try {
      const { kid } = decodeProtectedHeader(token);
      const key = typeof kid === 'string' ? await this.#keys.publicKey(kid) : null;
      if (key === null) return INVALID;
      const payload = await this.#payloadOf(token, key, now);
      const sessionId = sessionIdIn(payload);
      if (sessionId === null) return INVALID;
      const { evidence } = authContextFrom(payload, secondsOf(now) + CLOCK_TOLERANCE_SECONDS);
      const { jti: id = null, iat: issuedAt, exp: expiresAt } = payload;
      return { sessionId, id, issuedAt, expiresAt, evidence };
    } catch (error) {
      // The signature and all other claims have been verified at this point.
      if (error instanceof errors.JWTExpired) {
        return { fault: 'EXPIRED', sessionId: sessionIdIn(error.payload) };
      }
      if (error instanceof errors.JOSEError || error instanceof TypeError) return INVALID;
      throw error;
    }
  }

  async #payloadOf(token: string, key: CryptoKey, now: Date): Promise<IssuedPayload> {
    const known = this.#signed.get(token);
    const isCurrent = known?.key === key && secondsOf(now) < known.payload.exp + CLOCK_TOLERANCE_SECONDS;
    if (known !== undefined && isCurrent) return known.payload;
    const { payload } = await jwtVerify<IssuedPayload>(token, key, {
      algorithms: [SIGNING_ALGORITHM],
      typ: TOKEN_TYPE,
      issuer: this.#issuer,
      audience: this.#issuer,
      clockTolerance: CLOCK_TOLERANCE_SECONDS,
      currentDate: now,
      requiredClaims: ['sid', 'exp', 'iat'],
    });
    this.#signed.set(token, { key, payload });
    return payload;
  }
}

function sessionIdIn({ sid }: JWTPayload): string | null {
  return typeof sid === 'string' ? sid : null;
}

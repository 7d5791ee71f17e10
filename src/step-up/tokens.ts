// Verifies Stepgate's access tokens in another server (RFC 9068 section 4), offline, with the published keys. The keys
// are cached and fetched again when they rotate. In doubt, the caller is anonymous.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { authContextFrom, lesserEvidence } from '../policy/claims.ts';
import type { AuthContext } from '../policy/decision.ts';
import type { Evidence } from '../policy/evidence.ts';
import { type PresentedHolder, presenter, seconds, systemTime } from './present-token.ts';
import { type SessionOptions, sessionLookup } from './session-lookup.ts';

/** Options of `stepgateTokens`. */
export interface TokenOptions {
  /** The issuer of the tokens: `PUBLIC_URL` of the Stepgate server. */
  readonly issuer: string;
  /** The audience of the tokens. Default: the issuer. */
  readonly audience?: string;
  /** The URL of the published keys. Default: `/.well-known/jwks.json` below the issuer. */
  readonly jwksUrl?: string;
  /** How far the clocks of the two servers may differ, in seconds. Default: 5. */
  readonly clockToleranceSeconds?: number;
  /** The least time between two requests for the keys, in seconds, when a token names an unknown key. Default: 5. */
  readonly keysCooldownSeconds?: number;
  /** Returns the current time. Default: the system clock. */
  readonly now?: () => Date;
  /**
   * Set it to ask Stepgate whether sessions are still active. Otherwise a token counts until it expires, and tokens of
   * agents, which live longer, do not count at all.
   */
  readonly session?: SessionOptions;
  /**
   * Called when a caller counts as anonymous because of a problem on your side: Stepgate's keys or sessions could not
   * be read, or its tokens name another issuer than yours, or it is an agent and `session` is not set. The latter two are reported
   * once. Default: ignores the error.
   */
  readonly onError?: (error: unknown) => void;
}

/** The user and session that a token belongs to. */
export interface TokenHolder {
  readonly userId: string;
  readonly sessionId: string;
  readonly tenantId: string | null;
  /** The agent that acts for the user (RFC 8693 section 4.1). Absent if the user acts. */
  readonly agent?: TokenAgent;
}

/** An agent that holds a token of its user. */
export interface TokenAgent {
  /** What the user called it. Null if the token does not say. */
  readonly name: string | null;
}

/** The result of `present`: who is asking, for the guards and for your resolvers. */
export interface PresentedToken extends PresentedHolder<TokenHolder> {}

/** Verifies access tokens. */
export interface StepgateTokens {
  /**
   * Verifies the token in an `Authorization` header. Call it once for each request and put the result into the context,
   * where the guards read it. It never rejects: an invalid token counts as anonymous, with a `fault`.
   */
  present(authorizationHeader: string | null | undefined): Promise<PresentedToken>;
}

/**
 * Makes a verifier of Stepgate's access tokens, for a server that is not Stepgate. Make one when your server starts.
 *
 * @throws {TypeError} when the issuer is missing, a URL is invalid, or `clockToleranceSeconds` is not a number of
 * seconds.
 */
export function stepgateTokens({
  issuer,
  audience = issuer,
  jwksUrl = `${issuer?.replace(/\/$/, '')}/.well-known/jwks.json`,
  clockToleranceSeconds = 5,
  keysCooldownSeconds = 5,
  now = systemTime,
  session,
  onError = () => {},
}: TokenOptions): StepgateTokens {
  // jose skips the check of an empty issuer or audience.
  if (!issuer || !audience)
    throw new TypeError(
      'stepgateTokens needs an issuer and an audience. Set issuer to the PUBLIC_URL of Stepgate.',
    );
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds < Infinity)) {
    throw new TypeError(
      `clockToleranceSeconds must be a number of seconds, 0 or more, not ${clockToleranceSeconds}.`,
    );
  }
  const published = createRemoteJWKSet(new URL(jwksUrl), { cooldownDuration: keysCooldownSeconds * 1000 });
  const key: JWTVerifyGetKey = (header, token) => {
    if (typeof header.kid !== 'string') throw new errors.JWKSNoMatchingKey();
    return published(header, token);
  };
  const lookUp = session === undefined ? null : sessionLookup(session, now);

  async function verified(token: string, currentDate: Date): Promise<Verified> {
    const { payload } = await jwtVerify(token, key, {
      algorithms: ['ES256'],
      typ: 'at+jwt',
      issuer,
      audience,
      clockTolerance: clockToleranceSeconds,
      currentDate,
      requiredClaims: ['sub', 'sid', 'iat', 'exp'],
    });
    const latest = seconds(currentDate) + clockToleranceSeconds;
    if ((payload.iat ?? Infinity) > latest)
      throw new errors.JWTClaimValidationFailed('The token was issued in the future.', payload);
    const expiresAt = (payload.exp ?? 0) + clockToleranceSeconds;
    const claimed = authContextFrom(payload, latest);
    if (claimed.agent && lookUp === null) {
      tellOfAgent();
      throw new errors.JWTClaimValidationFailed('The session of an agent must be looked up.', payload);
    }
    return { holder: holderOf(payload, claimed), claimed, expiresAt };
  }

  let isAgentTold = false;
  function tellOfAgent(): void {
    if (isAgentTold) return;
    isAgentTold = true;
    onError(
      new Error(
        'The token of an agent was not accepted, because it lives for hours, and its user may have ended it. To accept agents, set the option `session` of stepgateTokens.',
      ),
    );
  }

  let isIssuerTold = false;
  function tellIssuer(error: unknown): void {
    const named = isIssuerTold ? null : issuerElsewhere(error);
    if (named === null) return;
    isIssuerTold = true;
    onError(
      new Error(
        `No token is accepted. Stepgate's tokens name the issuer ${JSON.stringify(named)} (its PUBLIC_URL), but stepgateTokens was given ${JSON.stringify(issuer)}. Set issuer to exactly the value in the tokens.`,
      ),
    );
  }

  const present = presenter<TokenHolder>({
    async verify(token, date) {
      const { holder, claimed, expiresAt } = await verified(token, date).catch((error: unknown) => {
        tellIssuer(error);
        throw error;
      });
      const authContext = lookUp === null ? claimed : lesserOf(await lookUp(token, holder.userId), claimed);
      return authContext && { holder, authContext, expiresAt };
    },
    now,
    onError,
  });

  return { present };
}

interface Verified {
  readonly holder: TokenHolder;
  readonly claimed: AuthContext;
  readonly expiresAt: number;
}

/** The issuer of a correctly signed token, when it differs from the expected one. */
function issuerElsewhere(error: unknown): string | null {
  if (!(error instanceof errors.JWTClaimValidationFailed) || error.claim !== 'iss') return null;
  const { iss, aud } = error.payload;
  // In a token of Stepgate the audience is the issuer. If they differ, the token is not one of Stepgate's.
  return iss !== undefined && [aud].flat().includes(iss) ? iss : null;
}

/** A token gives access to no more than its own claims, even if its session holds more by now. */
function lesserOf(session: AuthContext | null, claimed: AuthContext): AuthContext | null {
  if (session === null) return null;
  const { agent } = claimed;
  if (agent) {
    const roles = session.roles.filter((role) => claimed.roles.includes(role));
    return { evidence: [], enrolled: session.enrolled, roles, agent };
  }
  const held = session.evidence.map((one) => withAge(one, claimed.evidence));
  return { ...session, evidence: lesserEvidence(held, claimed.evidence) };
}

/** The answer about a session says nothing of when factors were enrolled. The token does, of the same proof. */
function withAge(held: Evidence, claimed: readonly Evidence[]): Evidence {
  const { enrolledAt } =
    claimed.find((one) => one.factor === held.factor && one.completedAt === held.completedAt) ?? {};
  return enrolledAt === undefined ? held : { ...held, enrolledAt };
}

function holderOf(payload: JWTPayload, { agent }: AuthContext): TokenHolder {
  const { sub, sid, tid } = payload;
  if (typeof sub !== 'string' || typeof sid !== 'string') {
    throw new errors.JWTClaimValidationFailed('The token names no user or session.', payload);
  }
  const tenantId = typeof tid === 'string' ? tid : null;
  return { userId: sub, sessionId: sid, tenantId, ...(agent && { agent }) };
}

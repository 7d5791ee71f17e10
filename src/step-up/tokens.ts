// Who is asking, from an access token of Stepgate, for a server that is not Stepgate: the token is verified offline
// (RFC 9068 section 4) with the published keys, which are cached and found anew when they rotate. Every doubt is nobody.
import { createRemoteJWKSet, errors, type JWTPayload, type JWTVerifyGetKey, jwtVerify } from 'jose';
import { lesserEvidence, standingOf } from '../policy/claims.ts';
import type { Standing } from '../policy/decision.ts';
import { bearerToken } from './bearer.ts';
import type { TokenFault } from './refusal-error.ts';
import { type SessionOptions, sessionLookup } from './session-lookup.ts';
import type { Presented } from './standing.ts';

export interface TokenOptions {
  /** `PUBLIC_URL` of the Stepgate server. */
  readonly issuer: string;
  /** The issuer unless said otherwise. */
  readonly audience?: string;
  /** Where the keys are; below the issuer unless said otherwise. */
  readonly jwksUrl?: string;
  /** How far the clocks of the two servers may be apart. */
  readonly clockToleranceSeconds?: number;
  /** How soon after a look at the keys an unknown one may cause another. */
  readonly keysCooldownSeconds?: number;
  /** The time; the machine's own unless said otherwise. */
  readonly now?: () => Date;
  /** Asks the server whether the session still lives, for a team that cannot wait until a token expires. */
  readonly session?: SessionOptions;
  /**
   * Told when the caller was refused for no fault of theirs: the server's keys or sessions could not be read, or its
   * tokens name another issuer than this one, which is told once.
   */
  readonly onError?: (error: unknown) => void;
}

/** The session that a token is for. */
export interface TokenHolder {
  readonly userId: string;
  readonly sessionId: string;
  readonly tenantId: string | null;
}

export interface PresentedToken extends Presented {
  /** Null: nobody is signed in. */
  readonly holder: TokenHolder | null;
}

export interface StepgateTokens {
  /**
   * Who presents this `Authorization` header. Call it once for each request and keep the answer in its context, where
   * the guards look for it. It never rejects.
   */
  present(authorizationHeader: string | null | undefined): Promise<PresentedToken>;
}

/** @throws {TypeError} for an issuer that is missing, a URL that is none, a tolerance that is no number of seconds. */
export function stepgateTokens({
  issuer,
  audience = issuer,
  jwksUrl = `${issuer?.replace(/\/$/, '')}/.well-known/jwks.json`,
  clockToleranceSeconds = 5,
  keysCooldownSeconds = 5,
  now = () => new Date(),
  session,
  onError = () => {},
}: TokenOptions): StepgateTokens {
  // What is empty would not be checked at all.
  if (!issuer || !audience)
    throw new TypeError('stepgateTokens needs the issuer of the tokens: PUBLIC_URL of Stepgate.');
  if (!(clockToleranceSeconds >= 0 && clockToleranceSeconds < Infinity)) {
    throw new TypeError(`clockToleranceSeconds is a number of seconds, not ${clockToleranceSeconds}.`);
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
      throw new errors.JWTClaimValidationFailed('It is not yet.', payload);
    const expiresAt = (payload.exp ?? 0) + clockToleranceSeconds;
    return { holder: holderOf(payload), claimed: standingOf(payload, latest), expiresAt };
  }

  let isIssuerTold = false;
  function tellIssuer(error: unknown): void {
    const named = isIssuerTold ? null : issuerElsewhere(error);
    if (named === null) return;
    isIssuerTold = true;
    onError(
      new Error(
        `Nobody counts as signed in: tokens of Stepgate name the issuer ${JSON.stringify(named)}, its PUBLIC_URL, and stepgateTokens was given ${JSON.stringify(issuer)}. Write the issuer as the tokens do.`,
      ),
    );
  }

  async function present(authorizationHeader: string | null | undefined): Promise<PresentedToken> {
    const date = now();
    const presented = (found: Omit<PresentedToken, 'now' | 'again'>): PresentedToken => ({
      ...found,
      get now() {
        return seconds(now()); // the context that keeps this may live for longer than a moment
      },
      again: () => present(authorizationHeader),
    });
    const nobody = (fault: TokenFault | null) => presented({ holder: null, standing: null, fault });
    const token = bearerToken(authorizationHeader);
    if (token === null) return nobody(null);
    try {
      if (Number.isNaN(date.getTime())) throw new TypeError('The clock says no time.');
      const { holder, claimed, expiresAt } = await verified(token, date);
      const standing = lookUp === null ? claimed : lesserOf(await lookUp(token, holder.userId), claimed);
      if (standing === null) return nobody('INVALID');
      return presented({ holder, standing, fault: null, expiresAt });
    } catch (error) {
      tellIssuer(error);
      if (!isFaultOfToken(error)) onError(error);
      return nobody(error instanceof errors.JWTExpired ? 'EXPIRED' : 'INVALID');
    }
  }

  return { present };
}

interface Verified {
  readonly holder: TokenHolder;
  readonly claimed: Standing;
  readonly expiresAt: number;
}

/** The issuer that a token with a right signature names for itself, where it is another one than was asked for. */
function issuerElsewhere(error: unknown): string | null {
  if (!(error instanceof errors.JWTClaimValidationFailed) || error.claim !== 'iss') return null;
  const { iss, aud } = error.payload;
  // A token of Stepgate is for its issuer: what names one thing here and another there was put together.
  return iss !== undefined && [aud].flat().includes(iss) ? iss : null;
}

/** A token opens no more than it says itself, whatever its session holds by now. */
function lesserOf(session: Standing | null, claimed: Standing): Standing | null {
  return session && { ...session, evidence: lesserEvidence(session.evidence, claimed.evidence) };
}

function holderOf(payload: JWTPayload): TokenHolder {
  const { sub, sid, tid } = payload;
  if (typeof sub !== 'string' || typeof sid !== 'string') {
    throw new errors.JWTClaimValidationFailed('It names nobody.', payload);
  }
  return { userId: sub, sessionId: sid, tenantId: typeof tid === 'string' ? tid : null };
}

/** Anything else happened between this server and Stepgate: no answer, no key set. */
function isFaultOfToken(error: unknown): boolean {
  return FAULTS_OF_TOKENS.some((fault) => error instanceof fault);
}

const FAULTS_OF_TOKENS = [
  errors.JWTExpired,
  errors.JWTClaimValidationFailed,
  errors.JWTInvalid,
  errors.JWSInvalid,
  errors.JWSSignatureVerificationFailed,
  errors.JOSEAlgNotAllowed,
  errors.JOSENotSupported,
  errors.JWKSNoMatchingKey,
  errors.JWKSMultipleMatchingKeys,
];

function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

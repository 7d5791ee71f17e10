// Verifies the access tokens of other issuers (RFC 9068 section 4, RFC 8725), each with its own keys. What their claims
// prove is read as evidence, so that the same guards decide. In doubt, the caller is anonymous.
import { decodeJwt, errors, jwtVerify } from 'jose';
import {
  type PresentedHolder,
  presenter,
  seconds,
  systemTime,
  type VerifiedToken,
} from '../present-token.ts';
import { PUBLIC_KEY_ALGORITHMS } from './algorithms.ts';
import { type Claims, claimsReader, textsIn } from './claims.ts';
import { type Introspect, introspection, KEPT_SECONDS } from './introspection.ts';
import type { AcceptedIssuer, IssuedTokenHolder } from './issuer.ts';
import { keysOf } from './keys.ts';

/** Options of `acceptTokens`. */
export interface AcceptOptions {
  /** How far the clocks of the servers may differ, in seconds. Default: 5. */
  readonly clockToleranceSeconds?: number;
  /** Returns the current time. Default: the system clock. */
  readonly now?: () => Date;
  /** Called when a caller counts as anonymous because an issuer did not answer. Default: ignores the error. */
  readonly onError?: (error: unknown) => void;
}

/** Verifies access tokens of other issuers. */
export interface AcceptedTokens {
  /**
   * Verifies the token in an `Authorization` header. Call it once for each request and put the result into the context,
   * where the guards read it. It never rejects: an invalid token counts as anonymous, with a `fault`.
   */
  present(authorizationHeader: string | null | undefined): Promise<PresentedHolder<IssuedTokenHolder>>;
}

/**
 * Makes a verifier of the tokens of one or several issuers. A token is only ever checked with the keys of the issuer
 * that it names. Make one when your server starts.
 *
 * @throws {TypeError} when an issuer is described incompletely.
 */
export function acceptTokens(
  accepted: AcceptedIssuer | readonly AcceptedIssuer[],
  { clockToleranceSeconds = 5, now = systemTime, onError = () => {} }: AcceptOptions = {},
): AcceptedTokens {
  const issuers = new Map<string, Issuer>();
  for (const one of [accepted].flat() as readonly AcceptedIssuer[]) {
    if (issuers.has(one.issuer)) throw new TypeError(`The issuer ${one.issuer} is listed twice.`);
    issuers.set(one.issuer, issuerFrom(one, clockToleranceSeconds, now));
  }
  const all = [...issuers.values()];
  const [introspected, another] = all.filter(({ introspect }) => introspect !== null);
  if (all.length === 0) throw new TypeError('acceptTokens needs at least one issuer.');
  if (another !== undefined)
    throw new TypeError(
      'Only one issuer can have `introspection`, because an opaque token does not name its issuer.',
    );

  const present = presenter<IssuedTokenHolder>({
    verify(token, date) {
      if (!isJwt(token)) return introspected?.open(token, date) ?? refuse('The token is not a JWT.');
      const issuer = issuers.get(issuerNamedBy(token));
      return issuer?.verify(token, date) ?? refuse('The token names an unknown issuer.');
    },
    stepUp: all.length === 1 ? all[0]?.stepUp : undefined,
    now,
    onError,
  });
  return { present };
}

interface Issuer {
  readonly stepUp: AcceptedIssuer['stepUp'];
  readonly introspect: Introspect | null;
  verify(token: string, now: Date): Promise<VerifiedToken<IssuedTokenHolder>>;
  /** Asks the issuer about an opaque token. */
  open(token: string, now: Date): Promise<VerifiedToken<IssuedTokenHolder>>;
}

function issuerFrom(described: AcceptedIssuer, tolerance: number, now: () => Date): Issuer {
  const { issuer, audience, jwksUrl, algorithms = PUBLIC_KEY_ALGORITHMS, types, check, stepUp } = described;
  if (!issuer) throw new TypeError('Each issuer needs its `issuer`: the `iss` claim of its tokens.');
  const audiences = audience === null ? null : [audience].flat().filter(Boolean);
  if (audiences?.length === 0 || (audiences === null && check === undefined))
    throw new TypeError(
      `The issuer ${issuer} needs an \`audience\`, or null and a \`check\` that tokens are for you.`,
    );
  const others = algorithms.filter((algorithm) => !PUBLIC_KEY_ALGORITHMS.includes(algorithm));
  if (others.length > 0 || algorithms.length === 0)
    throw new TypeError(
      `The issuer ${issuer} cannot have the algorithms [${others.join(', ')}]. Use those with a public key.`,
    );
  const read = typeof described.claims === 'function' ? described.claims : claimsReader(described.claims);
  const introspect = described.introspection ? introspection(described.introspection, now) : null;
  const keys = keysOf(issuer, jwksUrl);

  function opened(claims: Claims, latest: number): VerifiedToken<IssuedTokenHolder> {
    const { sub, exp, [described.sessionClaim ?? 'sid']: sessionId } = claims;
    if (typeof sub !== 'string' || typeof exp !== 'number')
      return invalid('It names no user, or never expires.');
    if (check?.(claims) === false) return invalid('It does not meet the condition of this issuer.');
    const holder = { issuer, userId: sub, sessionId: typeof sessionId === 'string' ? sessionId : null };
    return { holder, authContext: read(claims, latest), expiresAt: exp + tolerance, stepUp };
  }

  return {
    stepUp,
    introspect,
    async verify(token, date) {
      const { payload, protectedHeader } = await jwtVerify(token, keys, {
        algorithms: [...algorithms],
        issuer,
        ...(audiences && { audience: audiences }),
        clockTolerance: tolerance,
        currentDate: date,
        requiredClaims: ['sub', 'iat', 'exp'],
      });
      if (types !== undefined && !types.includes(protectedHeader.typ ?? ''))
        return invalid('It has another type.');
      const latest = seconds(date) + tolerance;
      if ((payload.iat ?? Infinity) > latest) return invalid('It was issued in the future.');
      return opened(payload, latest);
    },
    async open(token, date) {
      const claims = (await introspect?.(token)) ?? {};
      const latest = seconds(date) + tolerance;
      const isForUs = audiences === null || textsIn(claims['aud']).some((one) => audiences.includes(one));
      if (!isForUs || (claims['iss'] ?? issuer) !== issuer) return invalid('It is for somebody else.');
      const expiry = claims['exp'];
      if (typeof expiry === 'number' && expiry + tolerance <= seconds(date))
        throw new errors.JWTExpired('The token has expired.', claims);
      // An answer without a time counts for as long as it is kept. A subscription asks again.
      const kept = seconds(date) + (described.introspection?.cacheSeconds ?? KEPT_SECONDS);
      return opened({ exp: kept, ...claims }, latest);
    },
  };
}

function isJwt(token: string): boolean {
  return token.split('.').length === 3;
}

/** Not verified yet: it only selects the keys. */
function issuerNamedBy(token: string): string {
  return decodeJwt(token).iss ?? '';
}

function invalid(reason: string): never {
  throw new errors.JWTInvalid(reason);
}

async function refuse(reason: string): Promise<never> {
  return invalid(reason);
}

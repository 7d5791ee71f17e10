// What you say about an issuer whose tokens you accept.
import type { StepUpElsewhere } from '../auth-context.ts';
import type { Claims, ClaimsMap, ReadClaims } from './claims.ts';
import type { IntrospectionOptions } from './introspection.ts';

/** An issuer whose tokens `acceptTokens` accepts. */
export interface AcceptedIssuer {
  /** The `iss` claim of its tokens, exactly. */
  readonly issuer: string;
  /**
   * The `aud` claim of its tokens: your API. One of several is enough. Null if the issuer writes none; then `check` must
   * make sure that the token is for you.
   */
  readonly audience: string | readonly string[] | null;
  /** The URL of its keys. Default: `jwks_uri` of its metadata (OpenID Connect Discovery section 4). */
  readonly jwksUrl?: string | undefined;
  /** The accepted signature algorithms. Default: those with a public key. Algorithms with a shared secret are refused. */
  readonly algorithms?: readonly string[] | undefined;
  /** The accepted `typ` headers, for example `at+jwt` (RFC 9068). Default: any, and none. */
  readonly types?: readonly string[] | undefined;
  /** What its claims prove. */
  readonly claims: ClaimsMap | ReadClaims;
  /** A condition that its tokens must meet as well. */
  readonly check?: ((claims: Claims) => boolean) | undefined;
  /** The name of the claim that holds the session. Default: `sid`. */
  readonly sessionClaim?: string | undefined;
  /** Set it to accept opaque tokens of this issuer (RFC 7662). */
  readonly introspection?: IntrospectionOptions | undefined;
  /** How its users step up. */
  readonly stepUp?: StepUpElsewhere | undefined;
}

/** The user and session that a token belongs to. */
export interface IssuedTokenHolder {
  /** The issuer of the token. User ids are unique for each issuer only. */
  readonly issuer: string;
  /** The user, as the issuer names them (`sub`). */
  readonly userId: string;
  /** The session, as the issuer names it. Null if the token does not say. */
  readonly sessionId: string | null;
}

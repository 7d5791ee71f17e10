// The interface through which a server tells the guards who is asking.
import type { AuthContext } from '../policy/decision.ts';
import type { TokenFault } from './refusal-error.ts';

/** Who is asking. */
export interface Presented {
  /** What is known about the caller. Null for an anonymous caller. */
  readonly authContext: AuthContext | null;
  /** Why the access token was rejected. Null when it was not, or when there was none. */
  readonly fault: TokenFault | null;
  /** The current time, in seconds since 1970. */
  readonly now: number;
  /** When the token or the session expires, in seconds since 1970. Omit it if you do not know. */
  readonly expiresAt?: number | null | undefined;
  /**
   * Finds out again who is asking. Called before each event of a subscription. If it rejects, the subscription ends.
   */
  readonly again?: (() => Promise<Presented>) | null | undefined;
  /** Where the caller can step up, if that is not Stepgate. Refusals tell the client. */
  readonly stepUp?: StepUpElsewhere | undefined;
}

/** How a caller steps up at an issuer that is not Stepgate. */
export interface StepUpElsewhere {
  /** The issuer's `acr` values for two factors, the best one first. Refusals name them instead of `aal2`. */
  readonly acrValues?: readonly string[] | undefined;
  /**
   * A page of yours that starts the step-up at the issuer. Refusals have it as `stepUpUrl`, with the parameters
   * `acr_values` and `max_age` of OpenID Connect Core section 3.1.2.1.
   */
  readonly url?: string | undefined;
}

/**
 * Reads who is asking from an operation's context. It must be synchronous, so put the answer into the context before
 * the operation runs. Called again for each operation and for each event of a subscription.
 */
export type FindAuthContext<Context> = (context: Context) => Presented;

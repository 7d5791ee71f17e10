// What every verifier of access tokens does around its own checks: it finds the token in the header, tells who is
// asking, and can ask again. In doubt, the caller is anonymous.
import { errors } from 'jose';
import type { AuthContext } from '../policy/decision.ts';
import type { Presented, StepUpElsewhere } from './auth-context.ts';
import { bearerToken } from './bearer.ts';
import type { TokenFault } from './refusal-error.ts';

/** The result of `present`: who is asking, for the guards and for your resolvers. */
export interface PresentedHolder<Holder> extends Presented {
  /** The user and session of the token. Null for an anonymous caller. */
  readonly holder: Holder | null;
}

/** A token that was accepted. */
export interface VerifiedToken<Holder> {
  readonly holder: Holder;
  readonly authContext: AuthContext;
  /** When the token stops counting, in seconds since 1970. */
  readonly expiresAt: number;
  /** Where its user can step up, if that is not Stepgate. */
  readonly stepUp?: StepUpElsewhere | undefined;
}

export interface TokenVerifier<Holder> {
  /** @returns null when its session has ended. @throws when the token is not accepted, or cannot be checked. */
  verify(token: string, now: Date): Promise<VerifiedToken<Holder> | null>;
  /** Where a caller without an accepted token can step up, if that is not Stepgate. */
  readonly stepUp?: StepUpElsewhere | undefined;
  readonly now: () => Date;
  /** Called for failures that are not the token's. */
  readonly onError: (error: unknown) => void;
}

/** Makes the function that verifies the token in an `Authorization` header. It never rejects. */
export function presenter<Holder>({ verify, stepUp, now, onError }: TokenVerifier<Holder>) {
  return async function present(header: string | null | undefined): Promise<PresentedHolder<Holder>> {
    const date = now();
    const presented = (found: Omit<PresentedHolder<Holder>, 'now' | 'again'>): PresentedHolder<Holder> => ({
      ...found,
      get now() {
        return seconds(now()); // read each time, because the context may live for long
      },
      again: () => present(header),
    });
    const nobody = (fault: TokenFault | null) =>
      presented({ holder: null, authContext: null, fault, ...(stepUp && { stepUp }) });
    const token = bearerToken(header);
    if (token === null) return nobody(null);
    try {
      if (Number.isNaN(date.getTime())) throw new TypeError('`now` returned an invalid date.');
      const verified = await verify(token, date);
      return verified === null ? nobody('INVALID') : presented({ ...verified, fault: null });
    } catch (error) {
      if (!isFaultOfToken(error)) onError(error);
      return nobody(error instanceof errors.JWTExpired ? 'EXPIRED' : 'INVALID');
    }
  };
}

/** Other errors are failures between this server and the issuer: no answer, or no key set. */
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

/** The system clock, which a verifier uses unless it is given another one. */
export const systemTime = (): Date => new Date();

export function seconds(date: Date): number {
  return Math.floor(date.getTime() / 1000);
}

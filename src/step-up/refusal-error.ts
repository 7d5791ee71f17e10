// A refusal as a GraphQL error, because any field of any schema can raise one, and as RFC 9470's header.
import { GraphQLError } from 'graphql';
import type { Refusal } from '../policy/decision.ts';

const MESSAGES: Readonly<Record<Refusal['code'], string>> = {
  UNAUTHENTICATED: 'Sign in first.',
  STEP_UP_REQUIRED: 'Prove a factor anew: `startStepUp`, then ask again.',
  ENROLLMENT_REQUIRED: 'Add a second factor: `startEnrollment`, then ask again.',
  FORBIDDEN: 'You may not do this.',
};

/** Why a token that was presented does not count. */
export type TokenFault = 'EXPIRED' | 'INVALID';

const FAULTS: Readonly<Record<TokenFault, string>> = {
  EXPIRED: 'The access token has expired: get a new one with `refreshSession`, or sign in.',
  INVALID: 'The access token is not valid, or its session has ended: sign in.',
};

export class RefusalError extends GraphQLError {
  override readonly name = 'RefusalError';
  readonly refusal: Refusal;
  readonly fault: TokenFault | null;

  constructor(refusal: Refusal, fault: TokenFault | null = null, path?: readonly string[]) {
    super(refusal.code === 'UNAUTHENTICATED' && fault !== null ? FAULTS[fault] : MESSAGES[refusal.code], {
      extensions: { ...refusal },
      ...(path === undefined ? {} : { path }),
    });
    this.refusal = refusal;
    this.fault = fault;
  }
}

/**
 * `WWW-Authenticate` for the refusals of one response, the strictest of them: RFC 9470 section 3 for a step-up, RFC
 * 6750 section 3 otherwise. Null when signing in anew would change nothing.
 */
export function challengeHeader(refusals: readonly RefusalError[]): string | null {
  const anonymous = refusals.find((one) => one.refusal.code === 'UNAUTHENTICATED');
  if (anonymous !== undefined) return anonymous.fault === null ? 'Bearer' : 'Bearer error="invalid_token"';
  const insufficient = refusals.map((one) => one.refusal).filter((one) => one.maxAge !== null);
  if (insufficient.length === 0) return null;
  // `aal2` sorts after `aal1`.
  const acrValue = insufficient
    .flatMap((one) => one.acrValues ?? [])
    .toSorted()
    .at(-1);
  const maxAge = Math.min(...insufficient.map((one) => one.maxAge ?? Number.POSITIVE_INFINITY));
  return `Bearer error="insufficient_user_authentication", acr_values="${acrValue}", max_age="${maxAge}"`;
}

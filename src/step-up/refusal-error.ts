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

/** It keeps the name `GraphQLError`, by which servers tell an error that is meant for clients from one to mask. */
export class RefusalError extends GraphQLError {
  readonly refusal: Refusal;
  readonly fault: TokenFault | null;

  /**
   * @param notRun the response names of the root fields of an operation that is refused whole: none of them has run. A
   * server or a gateway may put `data` into the answer all the same, from which a client could not tell.
   */
  constructor(refusal: Refusal, fault: TokenFault | null = null, notRun: readonly string[] | null = null) {
    const message =
      refusal.code === 'UNAUTHENTICATED' && fault !== null ? FAULTS[fault] : MESSAGES[refusal.code];
    super(notRun === null ? message : `${message} Nothing of this operation has run.`, {
      extensions: { ...refusal, ...(notRun === null ? {} : { notRun }) },
    });
    this.refusal = refusal;
    this.fault = fault;
  }
}

/** The refusal behind an error of a response; null for an error of another kind. */
export function refusalBehind(error: GraphQLError): RefusalError | null {
  const cause = error.originalError ?? error;
  return cause instanceof RefusalError ? cause : null;
}

/**
 * `WWW-Authenticate` for the refusals of one response, the strictest of them: RFC 9470 section 3 for a step-up, RFC
 * 6750 section 3 otherwise. Null when signing in anew would change nothing.
 */
export function challengeHeader(refusals: readonly RefusalError[]): string | null {
  const anonymous = refusals.filter((one) => one.refusal.code === 'UNAUTHENTICATED');
  if (anonymous.some((one) => one.fault !== null)) return 'Bearer error="invalid_token"';
  if (anonymous.length > 0) return 'Bearer';
  const acrValues = refusals.flatMap((one) => one.refusal.acrValues ?? []);
  const maxAges = refusals.flatMap((one) => one.refusal.maxAge ?? []);
  if (maxAges.length === 0) return null;
  // `aal2` sorts after `aal1`.
  return `Bearer error="insufficient_user_authentication", acr_values="${acrValues.toSorted().at(-1)}", max_age="${Math.min(...maxAges)}"`;
}

// A refusal as a GraphQL error, because any field of any schema can raise one, and as the header of RFC 9470.
import { GraphQLError } from 'graphql';
import type { Refusal } from '../policy/decision.ts';

const MESSAGES: Readonly<Record<Refusal['code'], string>> = {
  UNAUTHENTICATED: 'Sign in first.',
  STEP_UP_REQUIRED: 'Verify your identity with `startStepUp`, then try again.',
  ENROLLMENT_REQUIRED: 'Add a second factor with `startEnrollment`, then try again.',
  FORBIDDEN: 'You do not have the required role.',
};

const AT_THE_PROVIDER = 'Verify your identity with your identity provider, then try again.';

const FOR_AGENTS = 'Agents cannot do this. Ask the user to do it themselves.';

/** Why an access token was rejected. `INVALID` includes a token whose session has ended. */
export type TokenFault = 'EXPIRED' | 'INVALID';

const FAULTS: Readonly<Record<TokenFault, string>> = {
  EXPIRED: 'The access token has expired. Get a new one with `refreshSession`, or sign in.',
  INVALID: 'The access token is not valid, or its session has ended. Sign in.',
};

/**
 * The GraphQL error of a refused field. Its `extensions` are the refusal. It keeps the name `GraphQLError`, so that
 * servers which mask unexpected errors send it to the client.
 */
export class RefusalError extends GraphQLError {
  /** Why the field was refused and what the client can do about it. */
  readonly refusal: Refusal;
  /** Why the access token was rejected. Null when it was not, or when there was none. */
  readonly fault: TokenFault | null;

  /**
   * @param notRun the response names of the root fields, when the whole operation is refused and none of them has run.
   * Then the extensions `executed: false` and `notRun` say so, because a server or gateway may add `data` to the
   * response, and then the client could not tell.
   */
  constructor(refusal: Refusal, fault: TokenFault | null = null, notRun: readonly string[] | null = null) {
    const message = messageOf(refusal, fault);
    super(notRun === null ? message : `${message} No part of this operation has run.`, {
      extensions: { ...refusal, ...(notRun === null ? {} : { executed: false, notRun }) },
    });
    this.refusal = refusal;
    this.fault = fault;
  }
}

function messageOf({ code, stepUpUrl, agentRefused }: Refusal, fault: TokenFault | null): string {
  if (agentRefused) return FOR_AGENTS;
  if (code === 'UNAUTHENTICATED' && fault !== null) return FAULTS[fault];
  return code === 'STEP_UP_REQUIRED' && stepUpUrl !== undefined ? AT_THE_PROVIDER : MESSAGES[code];
}

/** The refusal behind an error in a response. Null when the error is not a refusal. */
export function refusalBehind(error: GraphQLError): RefusalError | null {
  const cause = error.originalError ?? error;
  return cause instanceof RefusalError ? cause : null;
}

/**
 * The value of `WWW-Authenticate` for the strictest refusal in a response: RFC 9470 section 3 for a step-up, RFC 6750
 * section 3 otherwise. Null when signing in again would not help.
 */
export function challengeHeader(refusals: readonly RefusalError[]): string | null {
  const anonymous = refusals.filter((one) => one.refusal.code === 'UNAUTHENTICATED');
  if (anonymous.some((one) => one.fault !== null)) return 'Bearer error="invalid_token"';
  if (anonymous.length > 0) return 'Bearer';
  const listed = new Set(refusals.flatMap((one) => one.refusal.acrValues ?? []));
  if (listed.has('aal2')) listed.delete('aal1'); // it includes the lower level
  const acrValues = listed.has('phr') ? new Set(['phr', 'phrh', ...listed]) : listed; // the strictest first
  const maxAges = refusals.flatMap((one) => one.refusal.maxAge ?? []);
  if (maxAges.length === 0) return null;
  const wanted = acrValues.size === 0 ? '' : `, acr_values="${[...acrValues].join(' ')}"`;
  return `Bearer error="insufficient_user_authentication"${wanted}, max_age="${Math.min(...maxAges)}"`;
}

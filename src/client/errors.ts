// The errors that a client throws. Refusals and other GraphQL errors are not thrown; they are in the response. No error
// contains a token, a proof or a variable.
import type { StepUpErrorCode } from './error-code.ts';

/** A step of a workflow failed. Show the message to the user, who can usually try again. */
export class StepUpError extends Error {
  override readonly name = 'StepUpError';
  readonly code: StepUpErrorCode;
  /** After `PROOF_REJECTED`, the number of attempts left. At 0, the workflow has failed. Null otherwise. */
  readonly attemptsRemaining: number | null;
  /** After `LOCKED_OUT`, `OVERLOADED` and `TOO_MANY_MESSAGES`, when to try again, in seconds. Null otherwise. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: {
    readonly code: string;
    readonly message: string;
    readonly attemptsRemaining?: number | null;
    readonly retryAfterSeconds?: number | null;
    readonly cause?: unknown;
  }) {
    super(problem.message, problem.cause === undefined ? undefined : { cause: problem.cause });
    this.code = problem.code;
    this.attemptsRemaining = problem.attemptsRemaining ?? null;
    this.retryAfterSeconds = problem.retryAfterSeconds ?? null;
  }
}

/** The response is not a GraphQL response: the server is down, a proxy responded, or `url` is wrong. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly code = 'UNEXPECTED_ANSWER';
  /** The HTTP status. */
  readonly status: number;

  constructor(status: number, problem = 'no GraphQL response') {
    super(`The server returned ${problem} (HTTP ${status}).`);
    this.status = status;
  }
}

// What a client throws. Refusals and other GraphQL errors of an operation are no such thing: they are in its answer.
// Nothing here repeats a token, a proof or a variable.

/** A step of a step-up that did not succeed: the user may be told, and may try again. */
export class StepUpError extends Error {
  override readonly name = 'StepUpError';
  /** `PROOF_REJECTED`, `LOCKED_OUT` and so on of the schema's `ErrorCode`, the code of a refusal, or `CANCELLED`. */
  readonly code: string;
  /** After `PROOF_REJECTED`: how many more proofs the workflow takes. At 0 it has failed. */
  readonly attemptsRemaining: number | null;
  /** After `LOCKED_OUT`, `OVERLOADED` and `TOO_MANY_MESSAGES`: when to try again. */
  readonly retryAfterSeconds: number | null;

  constructor(problem: {
    readonly code: string;
    readonly message: string;
    readonly attemptsRemaining?: number | null;
    readonly retryAfterSeconds?: number | null;
  }) {
    super(problem.message);
    this.code = problem.code;
    this.attemptsRemaining = problem.attemptsRemaining ?? null;
    this.retryAfterSeconds = problem.retryAfterSeconds ?? null;
  }
}

/** The server did not answer as Stepgate does: it is down, something in front of it answered, or `url` is wrong. */
export class UnexpectedAnswer extends Error {
  override readonly name = 'UnexpectedAnswer';
  readonly code = 'UNEXPECTED_ANSWER';
  /** The status of HTTP. */
  readonly status: number;

  constructor(status: number, problem = 'no GraphQL answer') {
    super(`Stepgate gave ${problem} (HTTP ${status}).`);
    this.status = status;
  }
}

// Why an answer of an identity provider was refused.

/** The provider has refused the code, or has said something that is not right. */
export class AnswerRefusedError extends Error {
  override readonly name = 'AnswerRefusedError';
  /** For the log. It contains nothing that was sent. */
  readonly reason: string;
  constructor(reason: string) {
    super(`The answer of an identity provider was refused: ${reason}.`);
    this.reason = reason;
  }
}

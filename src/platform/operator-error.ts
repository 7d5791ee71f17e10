// A failure that the operator can fix, such as invalid configuration, an unreachable database or an unreadable file. It
// prints as a message without a stack trace. Any other error that ends a program is a bug, and prints its stack trace.

export abstract class OperatorError extends Error {
  /** A stable name for programs. */
  abstract readonly code: string;
  /** 1: the program ran, and something did not hold. 2: the arguments or the environment are wrong. */
  readonly exitCode: 1 | 2 = 2;

  constructor(message: string) {
    super(message);
    this.name = new.target.name;
  }
}

/** Prints the error that ended a program. @returns the exit code. */
export function printFailure(error: unknown, stderr: { write(text: string): unknown }): 1 | 2 {
  if (error instanceof OperatorError) {
    stderr.write(`${error.message}\n`);
    return error.exitCode;
  }
  stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
  return 1;
}

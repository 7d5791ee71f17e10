// A mistake in what the command was given, told in a sentence and without a stack.

export class CommandError extends Error {
  override readonly name: string = 'CommandError';
}

/** The command was written wrong: how it is written follows. */
export class UsageError extends CommandError {}

// A mistake in what the command was given, told in a sentence and without a stack.

export class PolicyError extends Error {
  override readonly name: string = 'PolicyError';
}

// Thrown where a directive would not protect its field.

/** A field has a directive that nothing enforces. */
export class UnguardedError extends Error {
  override readonly name = 'UnguardedError';
}

// A mistake in a schema's file, told in a sentence and without a stack.

export class SchemaFileError extends Error {
  override readonly name: string = 'SchemaFileError';
}

// A mistake in a schema's file, told in a sentence, with its place and without a stack.
import { getLocation, type Location } from 'graphql';

export class SchemaFileError extends Error {
  override readonly name: string = 'SchemaFileError';
}

/** `schema.graphql:3:7 `, or nothing for what is written nowhere. */
export function placeOf(loc: Location | undefined): string {
  if (loc === undefined) return '';
  const { line, column } = getLocation(loc.source, loc.start);
  return `${loc.source.name}:${line}:${column} `;
}

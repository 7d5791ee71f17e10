// An error in a schema file, reported as one message with its place and without a stack trace.

import { getLocation, type Location } from 'graphql';
import { OperatorError } from '../../platform/operator-error.ts';

export class SchemaFileError extends OperatorError {
  readonly code = 'SCHEMA_INVALID';
}

/** The prefix `schema.graphql:3:7 `. Empty when the location is unknown. */
export function placeOf(loc: Location | undefined): string {
  if (loc === undefined) return '';
  const { line, column } = getLocation(loc.source, loc.start);
  return `${loc.source.name}:${line}:${column} `;
}

// Statements with parameters are prepared, so PostgreSQL plans each of them once for a connection and not at every
// call: planning is most of the time of the longer ones. A statement that does not name its columns is left alone,
// because its result would change under a connection when a migration adds one.
import { digest } from '../platform/digest.ts';

/** A client's `query`. It returns nothing when it was given a callback, and a cursor when it was given one. */
// oxlint-disable-next-line typescript/no-explicit-any -- `pg` has seven signatures for it
export type Query = (query: unknown, values?: any, ...rest: readonly unknown[]) => any;

export function prepared(plain: Query): Query {
  // A query that is an object (a cursor, a statement with a name) says itself what it is. The pool's own `query`
  // adds a callback.
  return (query, values, ...rest) =>
    typeof query === 'string' && values !== undefined && values.length > 0 && namesItsColumns(query)
      ? plain({ name: nameOf(query), text: query }, values, ...rest)
      : plain(query, values, ...rest);
}

const names = new Map<string, string>();

function nameOf(text: string): string {
  const known = names.get(text) ?? digest(text);
  names.set(text, known);
  return known;
}

function namesItsColumns(text: string): boolean {
  return !text.replaceAll('count(*)', '').includes('*');
}

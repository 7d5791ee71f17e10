// Prepares statements with parameters, so that PostgreSQL plans each of them once per connection. Planning takes most
// of the time of longer statements. A statement with `*` is not prepared, because its result would change when a
// migration adds a column.
import { digest } from '../platform/digest.ts';

/** A client's `query`. It returns nothing when called with a callback, and a cursor when called with a cursor. */
// oxlint-disable-next-line typescript/no-explicit-any -- `pg` has seven signatures for it
export type Query = (query: unknown, values?: any, ...rest: readonly unknown[]) => any;

export function prepared(plain: Query): Query {
  // A query object, such as a cursor or a named statement, is passed through. The pool's own `query` adds a callback.
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

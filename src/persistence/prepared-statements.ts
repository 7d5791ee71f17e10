// Prepares statements with parameters, so that PostgreSQL plans each of them once per connection. Planning takes most
// of the time of longer statements. A statement with `*` is not prepared, because its result would change when a
// migration adds a column.
import { LRUCache } from 'lru-cache';
import { digest } from '../platform/digest.ts';

/** More than the program has, although lists of different lengths make different texts. */
const MOST_NAMES = 1000;
const names = new LRUCache<string, { readonly name?: string }>({
  max: MOST_NAMES,
  memoMethod: (text) => (namesItsColumns(text) ? { name: digest(text) } : {}),
});

/** A client's `query`. It returns nothing when called with a callback, and a cursor when called with a cursor. */
// oxlint-disable-next-line typescript/no-explicit-any -- `pg` has seven signatures for it
export type Query = (query: unknown, values?: any, ...rest: readonly unknown[]) => any;

export function prepared(plain: Query): Query {
  // A query object, such as a cursor or a named statement, is passed through. The pool's own `query` adds a callback.
  return (query, values, ...rest) =>
    typeof query === 'string' && values !== undefined && values.length > 0
      ? plain({ ...names.memo(query), text: query }, values, ...rest)
      : plain(query, values, ...rest);
}

/** Whether it does without `select *`, `t.*` and `returning *`. `count(*)` and a multiplication name no columns. */
function namesItsColumns(text: string): boolean {
  return !/(?:\b(?:select|all|distinct|returning)|[,.])\s*\*/i.test(text);
}

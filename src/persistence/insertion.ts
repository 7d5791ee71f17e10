// Inserts rows of one table with a statement whose text depends only on the columns and the number of rows.
import type { Bound } from './statement.ts';

/** @param rows must all have the same columns. */
export function insertion(table: string, rows: readonly object[]): Bound {
  const columns = Object.keys(rows[0] ?? {});
  const values: unknown[] = [];
  const place = (value: unknown): string => `$${values.push(value)}`;
  const lists = rows.map((row) => {
    const cells = new Map(Object.entries(row));
    if (cells.size !== columns.length || !columns.every((column) => cells.has(column))) {
      throw new Error(`The new rows of ${table} have different columns.`);
    }
    return `(${columns.map((column) => place(cells.get(column))).join(', ')})`;
  });
  const text = `insert into "${table}" (${columns.map((column) => `"${column}"`).join(', ')}) values ${lists.join(', ')}`;
  return { text, values, touched: null };
}

// Joins writes into one statement: each is a common table expression. PostgreSQL performs all of them, whether or not the
// final select reads them. If a required write has returned no row, the function `unit_of_work_lost` raises an error, which
// rolls the whole statement back.
import type { Bound } from './statement.ts';

export interface Write {
  readonly query: Bound;
  /** Whether it must return a row. */
  readonly required: boolean;
}

export function oneStatement(writes: readonly Write[], calls: readonly Bound[]): Bound {
  const values: unknown[] = [];
  const place = ({ text, values: its }: Bound): string => {
    const before = values.length;
    values.push(...its);
    return before === 0 ? text : text.replaceAll(/\$(\d+)/g, (_, number) => `$${before + Number(number)}`);
  };
  const tables = writes.map(({ query }, at) => `${nameOf(at)} as (${place(query)})`);
  const lost = writes.flatMap(({ required }, at) =>
    required ? [`not exists (select from ${nameOf(at)})`] : [],
  );
  const columns = [
    ...(lost.length > 0 ? [`case when ${lost.join(' or ')} then unit_of_work_lost() end`] : []),
    ...calls.map((call) => `(${place(call)})`),
  ];
  const chain = tables.length > 0 ? `with ${tables.join(', ')} ` : '';
  return { text: `${chain}select ${columns.join(', ')}`, values, touched: null };
}

function nameOf(at: number): string {
  return `write_${at}`;
}

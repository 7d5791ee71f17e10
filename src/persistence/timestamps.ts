// Timestamps in SQL. Converts those in Kysely results to dates, because MikroORM configures the driver to return them as text. All
// timestamptz columns have a name that ends in `_at` or `_until`, and no other columns do.
import { type KyselyPlugin, type RawBuilder, sql as raw, type UnknownRow } from 'kysely';
import { readTime } from '../platform/clock.ts';

export const timestampsAsDates: KyselyPlugin = {
  transformQuery: ({ node }) => node,
  transformResult: async ({ result }) => {
    for (const row of result.rows) datesIn(row);
    return result;
  },
};

function datesIn(row: UnknownRow): void {
  for (const [column, value] of Object.entries(row)) {
    if (typeof value === 'string' && /_(at|until)$/.test(column)) row[column] = readTime(value);
  }
}

/** A date as a value of type timestamptz, where PostgreSQL cannot infer the type. */
export function timestamp(at: Date): RawBuilder<Date> {
  return raw<Date>`cast(${at} as timestamptz)`;
}

// The next rows of a job that works off a backlog, found by an index and locked. Rows that someone else has locked are
// left for the next run.
import { type RawBuilder, sql as raw } from 'kysely';

export interface Batch {
  readonly table: string;
  readonly where: RawBuilder<unknown>;
  /**
   * The columns of the index that finds them. Prepared statements are planned without their values, as if a third of the
   * table matched. Without an order, PostgreSQL would then read the whole table.
   */
  readonly by: RawBuilder<unknown>;
  readonly most: number;
}

/** A condition that these rows meet, and no others. */
export function isInBatch({ table, where, by, most }: Batch): RawBuilder<boolean> {
  return raw`ctid = any(array(
    select ctid from ${raw.table(table)} where ${where} order by ${by} limit ${raw.lit(most)}
    for update skip locked
  ))`;
}

// Inserts many rows with one statement. PostgreSQL reads the rows from a single JSON parameter, so the statement is
// prepared once and the number of rows is not limited by the number of parameters.
import { sql as raw } from 'kysely';
import type { Sql } from './orm.ts';
import type { Row, Table } from './unit-of-work.ts';

/** @param rows must all have the same columns. Pass values of jsonb columns unencoded. */
export async function insertMany<T extends Table>(
  sql: Sql,
  table: T,
  rows: readonly Row<T>[],
): Promise<void> {
  const [first] = rows;
  if (first === undefined) return;
  const columns = raw.join(Object.keys(first).map((column) => raw.ref(column)));
  const type = raw.table(table);
  await raw`insert into ${type} (${columns})
    select ${columns} from json_populate_recordset(null::${type}, cast(${JSON.stringify(rows)} as json))`.execute(
    sql,
  );
}

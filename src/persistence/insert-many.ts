// Many rows in one statement whose text does not grow with them: PostgreSQL reads them out of one JSON parameter. So the
// statement is prepared once, and no number of rows is more than its parameters may be.
import { sql as raw } from 'kysely';
import type { Sql } from './orm.ts';
import type { Row, Table } from './settlement.ts';

/** @param rows all with the same columns. Values of jsonb columns stand as they are. */
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

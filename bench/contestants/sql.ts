// SQL outside the servers under test.
import pg from 'pg';

/** @param map runs while the connection is still open. */
export async function rowsOf<Row extends object>(
  databaseUrl: string,
  statement: string,
  values: readonly unknown[] = [],
  map: (row: Row) => Row = (row) => row,
): Promise<Row[]> {
  const client = new pg.Client({ connectionString: databaseUrl });
  await client.connect();
  try {
    return (await client.query<Row>(statement, [...values])).rows.map(map);
  } finally {
    await client.end();
  }
}

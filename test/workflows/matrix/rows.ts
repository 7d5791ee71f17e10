// The rows of one user: they are kept once and put back before each walk, which costs far less than a new user.
import type pg from 'pg';

const OF_USER = 'user_id = $1';
/** In the order in which they refer to each other. */
const TABLES = [
  { table: 'email_address', where: OF_USER },
  { table: 'phone_number', where: OF_USER },
  { table: 'authenticator', where: OF_USER },
  { table: 'backup_code', where: OF_USER },
  { table: 'session', where: OF_USER },
  { table: 'refresh_token', where: 'session_id in (select id from session where user_id = $1)' },
] as const;
export type Rows = Readonly<Record<(typeof TABLES)[number]['table'], object>>;

export async function rowsOf(db: pg.Client, userId: string): Promise<Rows> {
  const parts = TABLES.map(
    ({ table, where }) => `'${table}', (select coalesce(jsonb_agg(t), '[]') from ${table} t where ${where})`,
  );
  const { rows } = await db.query(`select jsonb_build_object(${parts.join(', ')}) as kept`, [userId]);
  return rows[0].kept;
}

/** The user as they were, with no message and no lockout left. One trip to the database. */
export async function putRowsBack(db: pg.Client, userId: string, rows: Rows): Promise<void> {
  const user = db.escapeLiteral(userId);
  const deleted = TABLES.toReversed().map(
    ({ table, where }) => `delete from ${table} where ${where.replace('$1', () => user)}`,
  );
  const inserted = TABLES.map(
    ({ table }) =>
      `insert into ${table} select * from jsonb_populate_recordset(null::${table}, ${db.escapeLiteral(JSON.stringify(rows[table]))})`,
  );
  await db.query(['delete from outbox_message', 'delete from lockout', ...deleted, ...inserted].join(';\n'));
}

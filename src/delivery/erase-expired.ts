// Erases the texts of expired messages, which nobody needs any more. The rows stay, so that an operator can see what
// happened to a message.
import { sql as raw } from 'kysely';
import { isInBatch } from '../persistence/batch.ts';
import type { Sql } from '../persistence/orm.ts';

/** Messages per statement. */
const BATCH = 500;

/** @returns the number of messages. */
export async function eraseExpired(sql: Sql, now: Date): Promise<number> {
  const expired = {
    table: 'outbox_message',
    where: raw`sealed is not null and expires_at <= ${now}`,
    by: raw.ref('expires_at'),
    most: BATCH,
  };
  for (let erased = 0; ; ) {
    const { numUpdatedRows } = await sql
      .updateTable('outbox_message')
      .set({ sealed: null })
      .where(isInBatch(expired))
      .executeTakeFirst();
    erased += Number(numUpdatedRows);
    if (numUpdatedRows < BATCH) return erased;
  }
}

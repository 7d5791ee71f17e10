// Ends whatever acts for a user: workflows, sessions with those of agents, bound proofs, known devices.
import type { Sql } from '../persistence/orm.ts';

/** Call it inside a transaction, after locking the user. Workflows end first: one that completes meanwhile begins a session. */
export async function endEverything(sql: Sql, userId: string, now: Date): Promise<void> {
  await sql
    .updateTable('workflow')
    .set((it) => ({ expires_at: it.ref('created_at'), revision: it('revision', '+', 1) }))
    .where('user_id', '=', userId)
    .whereRef('expires_at', '>', 'created_at')
    .execute();
  await sql
    .updateTable('session')
    .set({ revoked_at: now })
    .where('user_id', '=', userId)
    .where('revoked_at', 'is', null)
    .execute();
  await sql
    .deleteFrom('operation_grant')
    .where('session_id', 'in', (it) => it.selectFrom('session').select('id').where('user_id', '=', userId))
    .execute();
  // So that the next sign-in takes its second step, and is told.
  await sql.deleteFrom('known_device').where('user_id', '=', userId).execute();
}

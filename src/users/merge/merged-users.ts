// Who was merged into a user.
import { type EntityManager, sqlOf } from '../../persistence/orm.ts';

/** The ids that they had, oldest first. */
export async function listMergedUsers(em: EntityManager, userId: string): Promise<string[]> {
  const rows = await sqlOf(em)
    .selectFrom('user_merge')
    .select('merged_user_id')
    .where('into_user_id', '=', userId)
    .orderBy('merged_at')
    .execute();
  return rows.map((row) => row.merged_user_id);
}

// Ends remembered browsers. They stay known devices.
import type { Sql } from '../persistence/orm.ts';

/** Forgets the remembered browsers of a user. Narrow it, then execute it. */
export function forgetting(sql: Sql, userId: string) {
  return sql
    .updateTable('known_device')
    .set({ remembered_at: null, remembered_ip: null, remembered_user_agent: null })
    .where('user_id', '=', userId)
    .where('remembered_at', 'is not', null);
}

/** Forgets the browsers on which these sessions began. */
export async function forgetBrowsersOf(sql: Sql, sessionIds: readonly string[]): Promise<void> {
  if (sessionIds.length === 0) return;
  await sql
    .updateTable('known_device as d')
    .from('session as s')
    .set({ remembered_at: null, remembered_ip: null, remembered_user_agent: null })
    .where('s.id', 'in', [...sessionIds])
    .whereRef('d.user_id', '=', 's.user_id')
    .whereRef('d.token_digest', '=', 's.device_digest')
    .where('d.remembered_at', 'is not', null)
    .execute();
}

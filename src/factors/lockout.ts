// Lifting the locks of a user: after a new password, and by an administrator.
import { sql as raw } from 'kysely';
import type { Settlement } from '../persistence/settlement.ts';

/** Every counter of the user begins at zero again: the user's own, those of their devices and of their sessions. */
export function liftLockouts(settlement: Settlement, userId: string): void {
  settlement.write((sql) =>
    sql.deleteFrom('lockout').where(
      'subject',
      'in',
      raw<string>`(
        select ${`user:${userId}`}
        union all select 'device:' || id from known_device where user_id = ${userId}
        union all select 'session:' || id from session where user_id = ${userId}
      )`,
    ),
  );
}

// Unlocks a user, after a new password or by an administrator.
import { sql as raw } from 'kysely';
import type { Settlement } from '../persistence/settlement.ts';

/** Resets every failure counter of the user: their own, and those of their devices and sessions. */
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

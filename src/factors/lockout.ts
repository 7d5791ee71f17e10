// Lifting the locks of a user: after a new password, and by an administrator.
import { sql as raw } from 'kysely';
import type { Settlement } from '../persistence/settlement.ts';

/** Every counter of the user begins at zero again: the user's own, those of their devices and of their sessions. */
export function liftLockouts(settlement: Settlement, userId: string): void {
  settlement.write((sql) =>
    sql
      .deleteFrom('lockout')
      .where((it) =>
        it.or([
          it('subject', '=', `user:${userId}`),
          it(
            'subject',
            'in',
            it
              .selectFrom('known_device')
              .select(raw<string>`'device:' || id`.as('subject'))
              .where('user_id', '=', userId),
          ),
          it(
            'subject',
            'in',
            it
              .selectFrom('session')
              .select(raw<string>`'session:' || id`.as('subject'))
              .where('user_id', '=', userId),
          ),
        ]),
      ),
  );
}

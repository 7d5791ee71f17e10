// What nobody needs any more: workflows past their deadline, sign-ups that were never finished, enrollments that were
// never proved, sessions that ended long ago, proofs for operations that never ran, messages that were handed over or came too late, and counters of a window that is over.
import { addSeconds } from '../platform/clock.ts';
import type { Sql } from './orm.ts';

const DAY_SECONDS = 86_400;
/** Ended sessions are kept so long, for an investigation. */
const ENDED_SESSION_SECONDS = 30 * DAY_SECONDS;
/** A device without a sign-in for so long is a new one again: as long as browsers keep a cookie at most. */
const FORGOTTEN_DEVICE_SECONDS = 400 * DAY_SECONDS;

export async function clearAway(sql: Sql, now: Date): Promise<Record<string, number>> {
  const yesterday = addSeconds(now, -DAY_SECONDS);
  const longAgo = addSeconds(now, -ENDED_SESSION_SECONDS);
  const counts = {
    workflows: await sql.deleteFrom('workflow').where('expires_at', '<', yesterday).executeTakeFirst(),
    signUps: await sql
      .deleteFrom('user_account')
      .where('activated_at', 'is', null)
      .where('created_at', '<', yesterday)
      .executeTakeFirst(),
    enrollments: await sql
      .deleteFrom('authenticator')
      .where('confirmed_at', 'is', null)
      .where('created_at', '<', yesterday)
      .executeTakeFirst(),
    devices: await sql
      .deleteFrom('known_device')
      .where('last_seen_at', '<', addSeconds(now, -FORGOTTEN_DEVICE_SECONDS))
      .executeTakeFirst(),
    numbers: await sql
      .deleteFrom('phone_number')
      .where('verified_at', 'is', null)
      .where('created_at', '<', yesterday)
      .executeTakeFirst(),
    sessions: await sql
      .deleteFrom('session')
      .where((it) => it.or([it('expires_at', '<', longAgo), it('revoked_at', '<', longAgo)]))
      .executeTakeFirst(),
    grants: await sql.deleteFrom('operation_grant').where('expires_at', '<', yesterday).executeTakeFirst(),
    messages: await sql.deleteFrom('outbox_message').where('expires_at', '<', yesterday).executeTakeFirst(),
    rateLimits: await sql.deleteFrom('rate_limit').where('expire', '<=', now.getTime()).executeTakeFirst(),
  };
  return Object.fromEntries(
    Object.entries(counts).map(([what, { numDeletedRows }]) => [what, Number(numDeletedRows)]),
  );
}

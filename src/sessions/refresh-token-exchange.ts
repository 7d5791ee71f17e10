// Exchanges the refresh token of a session whose evidence has grown.
import { sql as raw } from 'kysely';
import type { Sql } from '../persistence/orm.ts';
import { timestamp } from '../persistence/timestamps.ts';
import { type NewRefreshToken, type Rotation, usedSession } from './refresh-tokens.ts';

export interface Exchange {
  /** Whether the session has the new refresh token. If not, a newer one than the holder's exists and stays. */
  readonly isExchanged: boolean;
}

/**
 * Creates a refresh token for a session with new evidence, for the holder of the one issued with this access token.
 * That one becomes void, but using it is not a sign of theft, because a refresh may be in progress. If a newer refresh
 * token exists, none is created: the holder of an older access token gains nothing, and the holder of the refresh token
 * keeps it.
 * @returns null when the session has ended.
 */
export async function exchange(
  sql: Sql,
  { id, tokenId }: { readonly id: string; readonly tokenId: string | null },
  next: NewRefreshToken,
  { idleExpiresAt, now }: Omit<Rotation, 'leewaySeconds'>,
): Promise<Exchange | null> {
  // A concurrent refresh comes either before this, so its token is seen below, or after it, and finds its token void.
  const live = await sql
    .updateTable('session')
    .set(usedSession(now, idleExpiresAt))
    .where('id', '=', id)
    .where('revoked_at', 'is', null)
    .returning('id')
    .executeTakeFirst();
  if (live === undefined) return null;
  const added = await sql
    .with('voided', (db) =>
      db
        .deleteFrom('refresh_token')
        .where('session_id', '=', id)
        .where('digest', '=', tokenId)
        .where('used_at', 'is', null),
    )
    .insertInto('refresh_token')
    .columns(['digest', 'session_id', 'created_at'])
    .expression((it) =>
      it
        .selectFrom('session')
        .select([
          raw<string>`${next.digest}`.as('digest'),
          'session.id as session_id',
          timestamp(now).as('created_at'),
        ])
        .where('session.id', '=', id)
        .where((where) =>
          where.not(
            where.exists(
              where
                .selectFrom('refresh_token as newer')
                .select('newer.digest')
                .whereRef('newer.session_id', '=', 'session.id')
                .where('newer.used_at', 'is', null)
                .where(raw<boolean>`newer.digest is distinct from ${tokenId}`),
            ),
          ),
        ),
    )
    .returning('session_id')
    .execute();
  return { isExchanged: added.length > 0 };
}

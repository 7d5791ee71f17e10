// Refresh tokens: opaque, stored as digests, rotated at every use. One that is used twice was stolen from somebody, so
// its session ends (RFC 9700 section 4.14.2). The one exception is an answer that was lost on its way: for a few seconds,
// and only while nobody has used the successor, the token may be sent again. The lost successor is void, and whoever
// presents it all the same shows that it was not lost: that is a reuse as well.
import { type RawBuilder, sql as raw } from 'kysely';
import type { ActorKind } from '../persistence/audit.ts';
import type { AuditType } from '../persistence/audit-type.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { atomically } from '../persistence/transaction.ts';
import { addSeconds } from '../platform/clock.ts';
import { digest } from '../platform/digest.ts';
import { randomId, randomToken } from '../platform/random.ts';

export interface NewRefreshToken {
  readonly token: string;
  /** As it is stored. The access token that comes with it has it as its `jti`. */
  readonly digest: string;
}

export function newRefreshToken(): NewRefreshToken {
  const token = randomToken();
  return { token, digest: digest(token) };
}

/** A session is used: it stays for a while longer. SQL for the columns of its row. */
export function usedSession(now: Date, idleExpiresAt: Date) {
  return {
    last_seen_at: now,
    idle_expires_at: raw<Date>`least(session.expires_at, ${timestamp(idleExpiresAt)})`,
  };
}

export interface Rotation {
  /** For how long a token may be sent again whose answer was lost; 0: never. */
  readonly leewaySeconds: number;
  readonly idleExpiresAt: Date;
  readonly now: Date;
}

/** Uses up a refresh token. @returns its successor and their session; null when it is not valid. */
export async function rotate(
  em: EntityManager,
  token: string,
  rotation: Rotation,
): Promise<{ readonly sessionId: string; readonly next: NewRefreshToken } | null> {
  const next = newRefreshToken();
  const used = digest(token);
  const sessionId =
    (await replace(sqlOf(em), used, next, rotation)) ??
    (await atomically(em, (transaction) => useAgain(sqlOf(transaction), used, next, rotation)));
  return sessionId === null ? null : { sessionId, next };
}

/** For a token that was never used, of a session that lives: an unused token is no sign of theft. */
async function replace(
  sql: Sql,
  used: string,
  next: NewRefreshToken,
  { idleExpiresAt, now }: Rotation,
): Promise<string | null> {
  const rotated = await sql
    // The session first, as a step-up does: whoever changes its tokens waits for the other.
    .with('seen', (db) =>
      db
        .updateTable('session')
        .from('refresh_token')
        .set({ ...usedSession(now, idleExpiresAt), resumed_at: resumedAt(now) })
        .whereRef('session.id', '=', 'refresh_token.session_id')
        .where('refresh_token.digest', '=', used)
        .where('refresh_token.used_at', 'is', null)
        .where('session.revoked_at', 'is', null)
        .where('session.idle_expires_at', '>', now)
        .where('session.expires_at', '>', now)
        .returning('session.id'),
    )
    .with('used', (db) =>
      db
        .updateTable('refresh_token')
        .from('seen')
        .set({ used_at: now })
        .whereRef('refresh_token.session_id', '=', 'seen.id')
        .where('refresh_token.digest', '=', used)
        .where('refresh_token.used_at', 'is', null)
        .returning('refresh_token.session_id'),
    )
    .insertInto('refresh_token')
    .columns(['digest', 'session_id', 'created_at', 'predecessor'])
    .expression((it) =>
      it
        .selectFrom('used')
        .select([
          raw<string>`${next.digest}`.as('digest'),
          'used.session_id',
          timestamp(now).as('created_at'),
          raw<string>`${used}`.as('predecessor'),
        ]),
    )
    .returning('session_id')
    .executeTakeFirst();
  return rotated?.session_id ?? null;
}

/** When the session was idle for longer than AAL2 lasts, AAL2 ends with this use of it. In whole seconds, as ages are. */
function resumedAt(now: Date): RawBuilder<Date | null> {
  return raw`case
    when floor(extract(epoch from ${timestamp(now)} - session.last_seen_at)) > (
      select tenant.second_factor_idle_seconds from tenant where tenant.id = session.tenant_id
    ) then ${timestamp(now)} else session.resumed_at end`;
}

/** Inside a transaction, for a token that is not valid or was used before. */
async function useAgain(
  sql: Sql,
  used: string,
  next: NewRefreshToken,
  rotation: Rotation,
): Promise<string | null> {
  const { leewaySeconds, now } = rotation;
  // The session is locked before its tokens are read: of many who send the same token, each sees what the last one did.
  const session = await sql
    .selectFrom('session as s')
    .innerJoin('refresh_token as t', 't.session_id', 's.id')
    .select('s.id')
    .where('t.digest', '=', used)
    .where('t.used_at', 'is not', null)
    .where('s.revoked_at', 'is', null)
    .where('s.idle_expires_at', '>', now)
    .where('s.expires_at', '>', now)
    .forUpdate('s')
    .executeTakeFirst();
  if (session === undefined) return null;
  const replaced = leewaySeconds > 0 && (await replaceLost(sql, used, next, rotation));
  if (replaced) return session.id;
  await endReused(sql, session.id, now);
  return null;
}

/** The successor that nobody has used is void, and there is a new one. */
async function replaceLost(
  sql: Sql,
  used: string,
  next: NewRefreshToken,
  { leewaySeconds, now }: Rotation,
): Promise<boolean> {
  const rows = await sql
    .with('lost', (db) =>
      db
        .updateTable('refresh_token as lost')
        .from('refresh_token as sent')
        .set({ used_at: now })
        .where('sent.digest', '=', used)
        .where('sent.used_at', '>=', addSeconds(now, -leewaySeconds))
        .whereRef('lost.session_id', '=', 'sent.session_id')
        .whereRef('lost.predecessor', '=', 'sent.digest')
        .where('lost.used_at', 'is', null)
        .returning('lost.session_id'),
    )
    .insertInto('refresh_token')
    .columns(['digest', 'session_id', 'created_at', 'predecessor'])
    .expression((it) =>
      it
        .selectFrom('lost')
        .select([
          raw<string>`${next.digest}`.as('digest'),
          'lost.session_id',
          timestamp(now).as('created_at'),
          raw<string>`${used}`.as('predecessor'),
        ]),
    )
    .returning('session_id')
    .execute();
  return rows.length > 0;
}

async function endReused(sql: Sql, sessionId: string, now: Date): Promise<void> {
  await sql
    .with('ended', (db) =>
      db
        .updateTable('session')
        .set({ revoked_at: now })
        .where('id', '=', sessionId)
        .returning(['session.id', 'session.user_id', 'session.tenant_id']),
    )
    .insertInto('audit_event')
    .columns(['id', 'occurred_at', 'type', 'actor_kind', 'tenant_id', 'user_id', 'session_id'])
    .expression((it) =>
      it
        .selectFrom('ended')
        .select([
          raw<string>`cast(${randomId()} as uuid)`.as('id'),
          timestamp(now).as('occurred_at'),
          it.val<AuditType>('session.refresh-token-reused').as('type'),
          it.val<ActorKind>('SYSTEM').as('actor_kind'),
          'ended.tenant_id',
          'ended.user_id',
          'ended.id as session_id',
        ]),
    )
    .execute();
}

export interface Exchange {
  /** Whether the session has the new refresh token; a newer one than the holder's stays otherwise. */
  readonly isExchanged: boolean;
}

/**
 * Gives a session whose evidence has grown a new refresh token, for whoever holds the one that came with this access
 * token. That one is void, but no sign of theft: a refresh may have been under way. While a newer one lives there is
 * none: the holder of an older access token gains nothing, and the holder of the refresh token keeps it.
 * @returns null when the session has ended.
 */
export async function exchange(
  sql: Sql,
  { id, tokenId }: { readonly id: string; readonly tokenId: string | null },
  next: NewRefreshToken,
  { idleExpiresAt, now }: Omit<Rotation, 'leewaySeconds'>,
): Promise<Exchange | null> {
  // A refresh at the same moment comes before, and its token is seen below, or after, and finds its own void.
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

function timestamp(at: Date): RawBuilder<Date> {
  return raw<Date>`cast(${at} as timestamptz)`;
}

// Refresh tokens: opaque, stored as digests, rotated at each use. A token used twice was stolen, so its session ends
// (RFC 9700 section 4.14.2). The exception is a lost response: for a few seconds, while the successor is unused, the
// token can be sent again. The lost successor becomes void, and presenting it later counts as reuse.
import { type RawBuilder, sql as raw } from 'kysely';
import type { ActorKind } from '../persistence/actor-kind.ts';
import type { AuditType } from '../persistence/audit-type.ts';
import { type EntityManager, type Sql, sqlOf } from '../persistence/orm.ts';
import { run, statement } from '../persistence/statement.ts';
import { timestamp } from '../persistence/timestamps.ts';
import { atomically } from '../persistence/transaction.ts';
import { addSeconds } from '../platform/clock.ts';
import { digest } from '../platform/digest.ts';
import { randomId, randomToken } from '../platform/random.ts';
import { forgetBrowsersOf } from './forget-browsers.ts';

export interface NewRefreshToken {
  readonly token: string;
  /** The stored form, and the `jti` of the access token issued with it. */
  readonly digest: string;
}

export function newRefreshToken(): NewRefreshToken {
  const token = randomToken();
  return { token, digest: digest(token) };
}

/** The SQL columns that extend a session when it is used. */
export function usedSession(now: Date, idleExpiresAt: Date) {
  return {
    last_seen_at: now,
    idle_expires_at: raw<Date>`least(session.expires_at, ${timestamp(idleExpiresAt)})`,
  };
}

export interface Rotation {
  /** How long a token can be sent again after its response was lost. 0 disables this. */
  readonly leewaySeconds: number;
  readonly idleExpiresAt: Date;
  readonly now: Date;
}

/** Consumes a refresh token. @returns its successor and the session id, or null if the token is not valid. */
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

/** For an unused token of a live session. */
async function replace(
  sql: Sql,
  used: string,
  next: NewRefreshToken,
  { idleExpiresAt, now }: Rotation,
): Promise<string | null> {
  const [rotated] = await run(sql, REPLACE({ used, next: next.digest, idleExpiresAt, now }));
  return rotated?.session_id ?? null;
}

interface Replacement {
  /** The digests of the token and its successor. */
  readonly used: string;
  readonly next: string;
  readonly idleExpiresAt: Date;
  readonly now: Date;
}

const REPLACE = statement((sql, { used, next, idleExpiresAt, now }: Replacement) =>
  sql
    // Locks the session first, like a step-up, so that changes of its tokens are serialized.
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
          raw<string>`${next}`.as('digest'),
          'used.session_id',
          timestamp(now).as('created_at'),
          raw<string>`${used}`.as('predecessor'),
        ]),
    )
    .returning('session_id'),
);

/** If the session was idle for longer than AAL2 lasts, this use ends AAL2. Compares whole seconds, like all ages. */
function resumedAt(now: Date): RawBuilder<Date | null> {
  return raw`case
    when floor(extract(epoch from ${timestamp(now)} - session.last_seen_at)) > (
      select tenant.second_factor_idle_seconds from tenant where tenant.id = session.tenant_id
    ) then ${timestamp(now)} else session.resumed_at end`;
}

/** For a token that is invalid or was used before. Requires a transaction. */
async function useAgain(
  sql: Sql,
  used: string,
  next: NewRefreshToken,
  rotation: Rotation,
): Promise<string | null> {
  const { leewaySeconds, now } = rotation;
  // Locks the session before reading its tokens, so that concurrent uses of the same token see each other's effect.
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
  await forgetBrowsersOf(sql, [session.id]);
  return null;
}

/** Voids the unused successor and creates a new one. */
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

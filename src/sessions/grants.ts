// Bearer tokens: what a client gets when a workflow completes, and what it gets for a refresh token. Refresh tokens
// are opaque, stored as digests and rotated at every use; one that is used twice was stolen from somebody, so its
// session ends (RFC 9700 section 4.14.2).
import { sql as raw } from 'kysely';
import type { ActorKind } from '../persistence/audit.ts';
import type { AuditType } from '../persistence/audit-type.ts';
import { jsonb } from '../persistence/jsonb.ts';
import type { Sql } from '../persistence/orm.ts';
import type { Settlement } from '../persistence/settlement.ts';
import { addSeconds } from '../platform/clock.ts';
import { digest } from '../platform/digest.ts';
import { randomId, randomToken } from '../platform/random.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { AccessTokens } from './access-token.ts';
import { type Device, rememberDevice } from './device.ts';
import { RefreshTokenRejected } from './errors.ts';
import { type ActiveSession, findActiveSession, sessionMeetsPolicy } from './session.ts';

export interface SessionGrant {
  readonly accessToken: string;
  readonly refreshToken: string;
  /** When the access token expires. */
  readonly expiresAt: Date;
  readonly session: ActiveSession;
  /** By which this device is known at its next sign-in. Null unless a sign-in or sign-up has made this grant. */
  readonly deviceToken: string | null;
}

export interface SessionLifetimes {
  readonly accessTokenSeconds: number;
  readonly sessionIdleSeconds: number;
  readonly sessionSeconds: number;
}

/** The client that asks, for the list of sessions and the audit log. */
export interface Client {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** Written with a step, signed when the step has committed. */
export interface UnsignedGrant {
  readonly session: ActiveSession;
  readonly refreshToken: string;
  readonly deviceToken: string | null;
}

type NewSession = Pick<
  ActiveSession,
  'userId' | 'tenantId' | 'evidence' | 'roles' | 'enrolled' | 'secondFactorPolicy'
>;

export class Grants {
  readonly #tokens: AccessTokens;
  readonly #lifetimes: SessionLifetimes;

  constructor(tokens: AccessTokens, lifetimes: SessionLifetimes) {
    this.#tokens = tokens;
    this.#lifetimes = lifetimes;
  }

  /** A new session, on a device. */
  issue(settlement: Settlement, fresh: NewSession, client: Client, device: Device, now: Date): UnsignedGrant {
    const expiresAt = addSeconds(now, this.#lifetimes.sessionSeconds);
    const session: ActiveSession = {
      ...fresh,
      ip: client.ip,
      userAgent: client.userAgent,
      id: randomId(),
      createdAt: now,
      lastSeenAt: now,
      idleExpiresAt: this.#idleExpiry(now, expiresAt),
      expiresAt,
      revokedAt: null,
    };
    settlement.insert('session', {
      id: session.id,
      tenant_id: session.tenantId,
      user_id: session.userId,
      evidence: jsonb<Evidence[]>([...session.evidence]),
      ip: client.ip,
      user_agent: client.userAgent,
      created_at: now,
      last_seen_at: now,
      idle_expires_at: session.idleExpiresAt,
      expires_at: expiresAt,
      revoked_at: null,
    });
    const deviceToken = rememberDevice(settlement, session.userId, device, now);
    return { session, deviceToken, refreshToken: this.#newRefreshToken(settlement, session.id, now) };
  }

  /**
   * New tokens for a session whose evidence has changed. The one from before is void, but no sign of theft: a refresh
   * may have been under way.
   */
  renew(settlement: Settlement, session: ActiveSession, now: Date): UnsignedGrant {
    // A refresh at the same moment comes before, and its token is seen below, or after, and finds its own void.
    settlement.require(async (sql) => {
      await sql.selectFrom('session').select('id').where('id', '=', session.id).forUpdate().execute();
      return true;
    });
    settlement.write((sql) =>
      sql.deleteFrom('refresh_token').where('session_id', '=', session.id).where('used_at', 'is', null),
    );
    const refreshToken = this.#newRefreshToken(settlement, session.id, now);
    return { session, refreshToken, deviceToken: null };
  }

  async sign({ session, refreshToken, deviceToken }: UnsignedGrant, now: Date): Promise<SessionGrant> {
    const expiresAt = addSeconds(now, this.#lifetimes.accessTokenSeconds);
    const accessToken = await this.#tokens.sign({
      userId: session.userId,
      sessionId: session.id,
      tenantId: session.tenantId,
      evidence: session.evidence,
      enrolled: session.enrolled,
      roles: session.roles,
      meetsPolicy: sessionMeetsPolicy(session),
      issuedAt: now,
      expiresAt,
    });
    return { accessToken, refreshToken, expiresAt, session, deviceToken };
  }

  /** @throws {RefreshTokenRejected} */
  async refresh(sql: Sql, refreshToken: string, now: Date): Promise<SessionGrant> {
    const next = randomToken();
    const rotated = await sql
      // The session first, as `renew` does: whoever changes its tokens waits for the other. A token is used up only
      // while its session lives: one that was never used is no sign of theft.
      .with('seen', (db) =>
        db
          .updateTable('session')
          .from('refresh_token')
          .set({
            last_seen_at: now,
            idle_expires_at: raw`least(session.expires_at, cast(${this.#idleExpiry(now)} as timestamptz))`,
          })
          .whereRef('session.id', '=', 'refresh_token.session_id')
          .where('refresh_token.digest', '=', digest(refreshToken))
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
          .where('refresh_token.digest', '=', digest(refreshToken))
          .where('refresh_token.used_at', 'is', null)
          .returning('refresh_token.session_id'),
      )
      .insertInto('refresh_token')
      .columns(['digest', 'session_id', 'created_at'])
      .expression((it) =>
        it
          .selectFrom('used')
          .select([
            raw<string>`${digest(next)}`.as('digest'),
            'used.session_id',
            raw<Date>`cast(${now} as timestamptz)`.as('created_at'),
          ]),
      )
      .returning('session_id')
      .executeTakeFirst();
    const session = rotated === undefined ? null : await findActiveSession(sql, rotated.session_id, now);
    if (session === null) {
      await this.#endReusedSession(sql, refreshToken, now);
      throw new RefreshTokenRejected();
    }
    return this.sign({ session, refreshToken: next, deviceToken: null }, now);
  }

  async #endReusedSession(sql: Sql, refreshToken: string, now: Date): Promise<void> {
    await sql
      .with('ended', (db) =>
        db
          .updateTable('session')
          .from('refresh_token')
          .set({ revoked_at: now })
          .whereRef('session.id', '=', 'refresh_token.session_id')
          .where('refresh_token.digest', '=', digest(refreshToken))
          .where('refresh_token.used_at', 'is not', null)
          .where('session.revoked_at', 'is', null)
          .returning(['session.id', 'session.user_id', 'session.tenant_id']),
      )
      .insertInto('audit_event')
      .columns(['id', 'occurred_at', 'type', 'actor_kind', 'tenant_id', 'user_id', 'session_id'])
      .expression((it) =>
        it
          .selectFrom('ended')
          .select([
            raw<string>`cast(${randomId()} as uuid)`.as('id'),
            raw<Date>`cast(${now} as timestamptz)`.as('occurred_at'),
            it.val<AuditType>('session.refresh-token-reused').as('type'),
            it.val<ActorKind>('SYSTEM').as('actor_kind'),
            'ended.tenant_id',
            'ended.user_id',
            'ended.id as session_id',
          ]),
      )
      .execute();
  }

  #newRefreshToken(settlement: Settlement, sessionId: string, now: Date): string {
    const refreshToken = randomToken();
    settlement.insert('refresh_token', {
      digest: digest(refreshToken),
      session_id: sessionId,
      created_at: now,
      used_at: null,
    });
    return refreshToken;
  }

  #idleExpiry(now: Date, latest?: Date): Date {
    const idle = addSeconds(now, this.#lifetimes.sessionIdleSeconds);
    return latest !== undefined && latest < idle ? latest : idle;
  }
}

// Issues bearer tokens when a workflow completes, and in exchange for a refresh token.
import { jsonText } from '../persistence/jsonb.ts';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import type { UnitOfWork } from '../persistence/unit-of-work.ts';
import { addSeconds, secondsOf } from '../platform/clock.ts';
import { randomId } from '../platform/random.ts';
import { aal2Until } from '../policy/assurance.ts';
import type { Evidence } from '../policy/evidence.ts';
import type { AccessTokenClaims, AccessTokens } from './access-token.ts';
import { type ActiveSession, agingOf, findActiveSession, sessionMeetsPolicy } from './active-session.ts';
import { type Device, rememberDevice } from './device.ts';
import { RefreshTokenRejected } from './errors.ts';
import type { PresentedSession } from './presented.ts';
import { type Exchange, exchange } from './refresh-token-exchange.ts';
import { type NewRefreshToken, newRefreshToken, rotate } from './refresh-tokens.ts';

export interface SessionGrant {
  readonly accessToken: string;
  /** Empty when the client keeps its current one. */
  readonly refreshToken: string;
  /** When the access token expires. */
  readonly expiresAt: Date;
  readonly session: ActiveSession;
  /** Identifies this device at the next sign-in. Null unless this grant comes from a sign-in or sign-up. */
  readonly deviceToken: string | null;
}

export interface SessionLifetimes {
  readonly accessTokenSeconds: number;
  readonly sessionIdleSeconds: number;
  readonly sessionSeconds: number;
  /** How long a refresh token can be used again after its response was lost. 0 disables this. */
  readonly refreshLeewaySeconds: number;
}

/** The client of the request, for the list of sessions and the audit log. */
export interface Client {
  readonly ip: string | null;
  readonly userAgent: string | null;
}

/** A grant written with a step and signed after the step has committed. */
export interface UnsignedGrant {
  readonly session: ActiveSession;
  readonly deviceToken: string | null;
  /** Available once the step has committed. */
  tokens(): Tokens;
}

interface Tokens {
  /** The evidence in the access token. */
  readonly evidence: readonly Evidence[];
  /** Null when the client keeps its current one. */
  readonly refreshToken: NewRefreshToken | null;
  /** The latest expiry of the access token. */
  readonly expiresAt: Date | null;
}

type NewSession = Pick<
  ActiveSession,
  'userId' | 'tenantId' | 'evidence' | 'roles' | 'enrolled' | 'secondFactorPolicy' | 'aal2'
>;

export class Grants {
  readonly #tokens: AccessTokens;
  readonly #lifetimes: SessionLifetimes;

  constructor(tokens: AccessTokens, lifetimes: SessionLifetimes) {
    this.#tokens = tokens;
    this.#lifetimes = lifetimes;
  }

  /** Starts a new session on a device. */
  issue(unitOfWork: UnitOfWork, fresh: NewSession, client: Client, device: Device, now: Date): UnsignedGrant {
    const expiresAt = addSeconds(now, this.#lifetimes.sessionSeconds);
    const session: ActiveSession = {
      ...fresh,
      ip: client.ip,
      userAgent: client.userAgent,
      id: randomId(),
      createdAt: now,
      lastSeenAt: now,
      idleExpiresAt: earliest(this.#idleExpiry(now), expiresAt),
      expiresAt,
      resumedAt: null,
      revokedAt: null,
      agent: null,
    };
    const kept = rememberDevice(unitOfWork, session.userId, device, now);
    unitOfWork.insert('session', {
      device_digest: kept.digest,
      id: session.id,
      tenant_id: session.tenantId,
      user_id: session.userId,
      evidence: jsonText<Evidence[]>([...session.evidence]),
      ip: client.ip,
      user_agent: client.userAgent,
      created_at: now,
      last_seen_at: now,
      idle_expires_at: session.idleExpiresAt,
      expires_at: expiresAt,
      revoked_at: null,
    });
    const refreshToken = newRefreshToken();
    unitOfWork.insert('refresh_token', {
      digest: refreshToken.digest,
      session_id: session.id,
      created_at: now,
      used_at: null,
    });
    const deviceToken = kept.token;
    const tokens = { evidence: session.evidence, refreshToken, expiresAt: null };
    return { session, deviceToken, tokens: () => tokens };
  }

  /**
   * Issues new tokens for a session with new evidence. The holder of the newest access token gets a new token pair with
   * all the session's evidence. The holder of an older token may be someone else. They get no refresh token, and the
   * new access token expires when the old one would have. Rolls the step back if the session has ended in the meantime.
   */
  renew(unitOfWork: UnitOfWork, session: PresentedSession, now: Date): UnsignedGrant {
    const refreshToken = newRefreshToken();
    const idleExpiresAt = this.#idleExpiry(now);
    let exchanged: Exchange | null = null;
    unitOfWork.require(async (sql) => {
      const holder = { id: session.id, tokenId: session.token.id };
      exchanged = await exchange(sql, holder, refreshToken, { idleExpiresAt, now });
      return exchanged !== null;
    });
    return {
      session: {
        ...session,
        lastSeenAt: now,
        idleExpiresAt: earliest(idleExpiresAt, session.expiresAt),
      },
      deviceToken: null,
      tokens: () =>
        exchanged?.isExchanged
          ? { evidence: session.held, refreshToken, expiresAt: null }
          : {
              evidence: session.evidence,
              refreshToken: null,
              expiresAt: new Date(session.token.expiresAt * 1000),
            },
    };
  }

  /** @throws {RefreshTokenRejected} */
  async refresh(em: EntityManager, refreshToken: string, now: Date): Promise<SessionGrant> {
    const rotated = await rotate(em, refreshToken, {
      leewaySeconds: this.#lifetimes.refreshLeewaySeconds,
      idleExpiresAt: this.#idleExpiry(now),
      now,
    });
    const session = rotated === null ? null : await findActiveSession(sqlOf(em), rotated.sessionId, now);
    if (rotated === null || session === null) throw new RefreshTokenRejected();
    const tokens = { evidence: session.evidence, refreshToken: rotated.next, expiresAt: null };
    return this.sign({ session, deviceToken: null, tokens: () => tokens }, now);
  }

  async sign({ session: granted, deviceToken, tokens }: UnsignedGrant, now: Date): Promise<SessionGrant> {
    const { evidence, refreshToken, expiresAt: latest } = tokens();
    const session = { ...granted, evidence };
    const ends = this.#tokenExpiry(session, now);
    const expiresAt = latest === null ? ends : earliest(latest, ends);
    const id = refreshToken?.digest ?? randomId();
    const accessToken = await this.#signed(session, { id, issuedAt: now, expiresAt });
    return { accessToken, refreshToken: refreshToken?.token ?? '', expiresAt, session, deviceToken };
  }

  /** The only token of an agent. It is valid for as long as its session. */
  signForAgent(session: ActiveSession, now: Date): Promise<string> {
    return this.#signed(session, { id: randomId(), issuedAt: now, expiresAt: session.expiresAt });
  }

  #signed(
    session: ActiveSession,
    token: Pick<AccessTokenClaims, 'id' | 'issuedAt' | 'expiresAt'>,
  ): Promise<string> {
    return this.#tokens.sign({
      ...token,
      userId: session.userId,
      sessionId: session.id,
      tenantId: session.tenantId,
      evidence: session.evidence,
      aging: agingOf(session, session.aal2),
      enrolled: session.enrolled,
      roles: session.roles,
      agent: session.agent,
      meetsPolicy: sessionMeetsPolicy(session, secondsOf(token.issuedAt)),
    });
  }

  /**
   * A token outlives neither its session nor its assurance level. Services that verify it offline can therefore trust
   * it until it expires, and clients refresh it before the session has been idle for too long.
   */
  #tokenExpiry(session: ActiveSession, now: Date): Date {
    const ends = [
      addSeconds(now, this.#lifetimes.accessTokenSeconds),
      session.idleExpiresAt,
      session.expiresAt,
    ];
    const levelEnds = aal2Until(session.evidence, agingOf(session, session.aal2));
    if (levelEnds >= secondsOf(now)) ends.push(new Date((levelEnds + 1) * 1000));
    return earliest(...ends);
  }

  #idleExpiry(now: Date): Date {
    return addSeconds(now, this.#lifetimes.sessionIdleSeconds);
  }
}

function earliest(...dates: readonly Date[]): Date {
  return new Date(Math.min(...dates.map((date) => date.getTime())));
}

// Finds the session of an access token. If the operator allows it, a session that was read a moment ago is not read again.
// Until then, a session that has ended elsewhere still counts. What a session gains counts at once: a token issued since
// the session was read shows that the session may have changed.
import { LRUCache } from 'lru-cache';
import type { Sql } from '../persistence/orm.ts';
import { secondsOf } from '../platform/clock.ts';
import type { VerifiedToken } from './access-token.ts';
import { type ActiveSession, findActiveSession } from './active-session.ts';

const MOST_SESSIONS = 10_000;

interface Read {
  readonly session: ActiveSession;
  readonly at: Date;
}

export class RecentSessions {
  readonly #seconds: number;
  readonly #reads = new LRUCache<string, Read>({ max: MOST_SESSIONS });

  /** @param seconds how long a session that was read counts. 0 reads it for each request. */
  constructor(seconds: number) {
    this.#seconds = seconds;
  }

  /** @returns null when the session does not exist or has ended. */
  async find(
    sql: () => Sql,
    { sessionId, issuedAt }: Pick<VerifiedToken, 'sessionId' | 'issuedAt'>,
    now: Date,
  ): Promise<ActiveSession | null> {
    const recent = this.#reads.get(sessionId);
    if (recent !== undefined && issuedAt < secondsOf(recent.at) && this.#counts(recent, now)) {
      return recent.session;
    }
    const session = await findActiveSession(sql(), sessionId, now);
    if (this.#seconds === 0) return session;
    if (session === null) this.#reads.delete(sessionId);
    else this.#reads.set(sessionId, { session, at: now });
    return session;
  }

  #counts({ session, at }: Read, now: Date): boolean {
    const isRecent = now.getTime() - at.getTime() < this.#seconds * 1000;
    return isRecent && session.idleExpiresAt > now && session.expiresAt > now;
  }
}

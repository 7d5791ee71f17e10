// From a request to who is asking: the token of its header or cookie, verified, and its session, found with one
// statement. Without a token nothing is looked up.
import type { IncomingMessage } from 'node:http';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import type { AccessTokens } from '../sessions/access-token.ts';
import type { Client } from '../sessions/grants.ts';
import { type ActiveSession, findActiveSession } from '../sessions/session.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';

export interface Identified {
  readonly session: ActiveSession | null;
  readonly tokenFault: TokenFault | null;
}

const NOBODY: Identified = { session: null, tokenFault: null };
const INVALID: Identified = { session: null, tokenFault: 'INVALID' };

export async function identify(
  token: string | null,
  { tokens, em, now }: { tokens: AccessTokens; em: EntityManager; now: Date },
): Promise<Identified> {
  if (token === null) return NOBODY;
  const verified = await tokens.verify(token, now);
  if ('fault' in verified) return { session: null, tokenFault: verified.fault };
  const session = await findActiveSession(sqlOf(em), verified.sessionId, now);
  return session === null ? INVALID : { session, tokenFault: null };
}

/** `Authorization: Bearer …` (RFC 6750 section 2.1). Null when there is none; another scheme is a wrong token. */
export function bearerToken(header: string | null): string | null {
  if (header === null || header.trim() === '') return null;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? 'not a bearer token';
}

/** From the connection itself: a forwarded header is whatever its sender likes. */
export function clientOf(request: IncomingMessage): Client {
  const userAgent = request.headers['user-agent'] ?? null;
  return {
    ip: request.socket.remoteAddress?.replace(/^::ffff:/, '') ?? null,
    userAgent: userAgent === null ? null : userAgent.slice(0, 256),
  };
}

// Identifies the caller: verifies the access token from the header or cookie and finds its session with one statement.
// Without a token, nothing is looked up.
import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { ipAddress } from '../platform/ip-address.ts';
import type { AccessTokens } from '../sessions/access-token.ts';
import type { Client } from '../sessions/grants.ts';
import { type PresentedSession, presentedBy } from '../sessions/presented.ts';
import type { RecentSessions } from '../sessions/recent-sessions.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';
import { type ForwardedHeader, forwardedAddresses } from './forwarded.ts';

export interface Identified {
  readonly session: PresentedSession | null;
  readonly tokenFault: TokenFault | null;
  /** The session of a token whose only fault is that it expired. It grants no access, but can still sign out. */
  readonly expiredSessionId: string | null;
}

interface Identifying {
  readonly tokens: AccessTokens;
  readonly sessions: RecentSessions;
  readonly em: () => EntityManager;
  /** Whether the second factor of a provider is trusted. */
  readonly vouches: (tenantId: string, providerId: string) => boolean;
  readonly now: Date;
}

const NOBODY: Identified = { session: null, tokenFault: null, expiredSessionId: null };

export async function identifyCaller(
  token: string | null,
  { tokens, sessions, em, vouches, now }: Identifying,
): Promise<Identified> {
  if (token === null) return NOBODY;
  const verified = await tokens.verify(token, now);
  if ('fault' in verified) {
    return { session: null, tokenFault: verified.fault, expiredSessionId: verified.sessionId };
  }
  const session = await sessions.find(() => sqlOf(em()), verified, now);
  return session === null
    ? { ...NOBODY, tokenFault: 'INVALID' }
    : { ...NOBODY, session: presentedBy(verified, session, vouches) };
}

/**
 * Finds the client behind trusted proxies. Anyone can send a forwarded header, so the entries are read backwards from the
 * connection, and an entry counts only if a trusted proxy wrote it. An entry that is not an address ends the search.
 */
export function clientsBehind(
  trustedProxies: readonly string[],
  header: ForwardedHeader,
): (request: IncomingMessage) => Client {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  return ({ headers, socket }) => {
    const userAgent = headers['user-agent'] ?? null;
    let ip = ipAddress(socket.remoteAddress ?? '');
    const written = [headers[header] ?? []].flat().join(',');
    for (const [hop, address] of forwardedAddresses(header, written).entries()) {
      if (ip === null || address === null || !isTrusted(ip, hop)) break;
      ip = address;
    }
    return { ip, userAgent: userAgent === null ? null : userAgent.slice(0, 256) };
  };
}

// From a request to who is asking: the token of its header or cookie, verified, and its session, found with one
// statement. Without a token nothing is looked up.
import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { ipAddress } from '../platform/ip-address.ts';
import type { AccessTokens } from '../sessions/access-token.ts';
import type { Client } from '../sessions/grants.ts';
import { type PresentedSession, presentedBy } from '../sessions/presented.ts';
import { findActiveSession } from '../sessions/session.ts';
import type { TokenFault } from '../step-up/refusal-error.ts';
import { type ForwardedHeader, forwardedAddresses } from './forwarded.ts';

export interface Identified {
  readonly session: PresentedSession | null;
  readonly tokenFault: TokenFault | null;
  /** The session of a token that has merely expired. It opens nothing and may still end its session. */
  readonly expiredSessionId: string | null;
}

const NOBODY: Identified = { session: null, tokenFault: null, expiredSessionId: null };

export async function identify(
  token: string | null,
  { tokens, em, now }: { tokens: AccessTokens; em: EntityManager; now: Date },
): Promise<Identified> {
  if (token === null) return NOBODY;
  const verified = await tokens.verify(token, now);
  if ('fault' in verified) {
    return { session: null, tokenFault: verified.fault, expiredSessionId: verified.sessionId };
  }
  const session = await findActiveSession(sqlOf(em), verified.sessionId, now);
  return session === null
    ? { ...NOBODY, tokenFault: 'INVALID' }
    : { ...NOBODY, session: presentedBy(verified, session) };
}

/**
 * Tells clients from the proxies that are trusted. Anybody can send a forwarded header, so each of its entries counts
 * only when a proxy of the list wrote it, from the connection backwards. What is not an address ends the walk.
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

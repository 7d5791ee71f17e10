// From a request to who is asking: the token of its header or cookie, verified, and its session, found with one
// statement. Without a token nothing is looked up.
import type { IncomingMessage } from 'node:http';
import proxyAddr from 'proxy-addr';
import { type EntityManager, sqlOf } from '../persistence/orm.ts';
import { ipAddress } from '../platform/ip-address.ts';
import type { SmsPolicy } from '../policy/sms.ts';
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
  { tokens, em, sms, now }: { tokens: AccessTokens; em: EntityManager; sms: SmsPolicy; now: Date },
): Promise<Identified> {
  if (token === null) return NOBODY;
  const verified = await tokens.verify(token, now);
  if ('fault' in verified) return { session: null, tokenFault: verified.fault };
  const session = await findActiveSession(sqlOf(em), verified.sessionId, sms, now);
  return session === null ? INVALID : { session, tokenFault: null };
}

/**
 * Tells clients from the proxies that are trusted: a forwarded header is whatever its sender likes, so each of its
 * entries counts only when it was written by a proxy of the list, from the connection backwards.
 */
export function clientsBehind(trustedProxies: readonly string[]): (request: IncomingMessage) => Client {
  const isTrusted = proxyAddr.compile([...trustedProxies]);
  // Only what is an address: the library would read `1` as 0.0.0.1.
  const trust = (text: string, hop: number): boolean => {
    const address = ipAddress(text);
    return address !== null && isTrusted(address, hop);
  };
  return (request) => {
    const userAgent = request.headers['user-agent'] ?? null;
    return {
      ip: nearestAddress(proxyAddr.all(request, trust)),
      userAgent: userAgent === null ? null : userAgent.slice(0, 256),
    };
  };
}

/** The last hop that is an address. Behind it may stand garbage, or nothing when the connection is gone. */
function nearestAddress(hops: readonly (string | undefined)[]): string | null {
  return hops.map((hop) => ipAddress(hop ?? '')).findLast((address) => address !== null) ?? null;
}

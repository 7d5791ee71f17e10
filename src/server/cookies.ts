// Sessions as cookies, for browser applications that ask for them with `x-stepgate-session: cookie`: HttpOnly, so no
// script reads them; `__Host-`, so no sibling domain sets them; SameSite=Lax. A cookie counts only beside that
// header, which no foreign page can send without a CORS preflight, and from an origin that may call the API.
import { parseCookie, stringifySetCookie } from 'cookie';
import { GraphQLError } from 'graphql';
import type { SessionDelivery } from '../graphql/context.ts';
import type { SessionGrant } from '../sessions/grants.ts';

export const SESSION_HEADER = 'x-stepgate-session';
const ACCESS_COOKIE = '__Host-stepgate-access';
const REFRESH_COOKIE = '__Host-stepgate-refresh';

interface RequestHeaders {
  get(name: string): string | null;
}

export interface SessionCookies {
  /** Whether the client wants its tokens as cookies. */
  readonly wanted: boolean;
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
}

const NONE = { accessToken: null, refreshToken: null };

/** @throws a GraphQLError when the page that asks is of another origin than `origins`: it gets no session of ours. */
export function readSessionCookies(headers: RequestHeaders, origins: readonly string[]): SessionCookies {
  const wanted = headers.get(SESSION_HEADER) === 'cookie';
  if (!wanted) return { wanted, ...NONE };
  const origin = headers.get('origin');
  if (origin !== null && !origins.includes(origin)) {
    throw new GraphQLError('This origin may not use session cookies. Add it to CORS_ORIGINS.', {
      extensions: { code: 'ORIGIN_NOT_ALLOWED', http: { status: 403 } },
    });
  }
  const cookies = parseCookie(headers.get('cookie') ?? '');
  return {
    wanted,
    accessToken: cookies[ACCESS_COOKIE] ?? null,
    refreshToken: cookies[REFRESH_COOKIE] ?? null,
  };
}

/** @param setCookie takes a value for a `Set-Cookie` header of the response. */
export function sessionDelivery(
  { wanted, refreshToken }: SessionCookies,
  setCookie: (value: string) => void,
  now: () => Date,
): SessionDelivery {
  const set = (name: string, value: string, expires: Date): void => {
    const maxAge = Math.max(0, Math.floor((expires.getTime() - now().getTime()) / 1000));
    setCookie(
      stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure: true, sameSite: 'lax' }),
    );
  };
  return {
    refreshToken,
    deliver(grant: SessionGrant): SessionGrant {
      if (!wanted) return grant;
      set(ACCESS_COOKIE, grant.accessToken, grant.expiresAt);
      set(REFRESH_COOKIE, grant.refreshToken, grant.session.expiresAt);
      return { ...grant, accessToken: '', refreshToken: '' };
    },
    clear(): void {
      if (!wanted) return;
      set(ACCESS_COOKIE, '', now());
      set(REFRESH_COOKIE, '', now());
    },
  };
}

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
const DEVICE_COOKIE = '__Host-stepgate-device';
/** Where a client without cookies says by which token its device is known. */
export const DEVICE_HEADER = 'x-stepgate-device';
/** As long as browsers keep a cookie at most. */
const DEVICE_SECONDS = 400 * 86_400;

interface RequestHeaders {
  get(name: string): string | null;
}

export interface SessionCookies {
  /** Whether the client wants its tokens as cookies. */
  readonly wanted: boolean;
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly deviceToken: string | null;
}

const NONE = { accessToken: null, refreshToken: null };

/** @throws a GraphQLError when the page that asks is of an origin that is not allowed: it gets no session of ours. */
export function readSessionCookies(
  headers: RequestHeaders,
  isAllowed: (origin: string) => boolean,
): SessionCookies {
  const wanted = headers.get(SESSION_HEADER) === 'cookie';
  if (!wanted) return { wanted, ...NONE, deviceToken: headers.get(DEVICE_HEADER) };
  const origin = headers.get('origin');
  if (origin !== null && !isAllowed(origin)) {
    throw new GraphQLError('This origin may not use session cookies. Add it to CORS_ORIGINS.', {
      extensions: { code: 'ORIGIN_NOT_ALLOWED', http: { status: 403 } },
    });
  }
  const cookies = parseCookie(headers.get('cookie') ?? '');
  return {
    wanted,
    accessToken: cookies[ACCESS_COOKIE] ?? null,
    refreshToken: cookies[REFRESH_COOKIE] ?? null,
    deviceToken: cookies[DEVICE_COOKIE] ?? null,
  };
}

/** @param setCookie takes a value for a `Set-Cookie` header of the response. */
export function sessionDelivery(
  { wanted, refreshToken }: SessionCookies,
  setCookie: (value: string) => void,
  now: () => Date,
): SessionDelivery {
  const keep = (name: string, value: string, maxAge: number): void => {
    setCookie(
      stringifySetCookie({ name, value, maxAge, path: '/', httpOnly: true, secure: true, sameSite: 'lax' }),
    );
  };
  const set = (name: string, value: string, expires: Date): void =>
    keep(name, value, Math.max(0, Math.floor((expires.getTime() - now().getTime()) / 1000)));
  return {
    refreshToken,
    deliver(grant: SessionGrant): SessionGrant {
      if (!wanted) return grant;
      set(ACCESS_COOKIE, grant.accessToken, grant.expiresAt);
      if (grant.refreshToken !== '') set(REFRESH_COOKIE, grant.refreshToken, grant.session.expiresAt);
      if (grant.deviceToken !== null) keep(DEVICE_COOKIE, grant.deviceToken, DEVICE_SECONDS);
      return { ...grant, accessToken: '', refreshToken: '', deviceToken: null };
    },
    clear(): void {
      if (!wanted) return;
      set(ACCESS_COOKIE, '', now());
      set(REFRESH_COOKIE, '', now());
    },
  };
}

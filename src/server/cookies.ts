// Session cookies, for browser applications that request them with the header `x-stepgate-session`: `cookie` for all
// tokens, `hybrid` for all but the access token, which the page sends to other services. They are HttpOnly, so that
// scripts cannot read them, `__Host-`, so that sibling domains cannot set them, and SameSite=Lax. A cookie counts only
// together with that header, which pages of other origins cannot send without a CORS preflight, and only from an origin
// that may call the API.
import type { IncomingHttpHeaders } from 'node:http';
import { parseCookie, stringifySetCookie } from 'cookie';
import { GraphQLError } from 'graphql';
import type { Browser } from '../factors/factor-exchange.ts';
import type { SessionDelivery } from '../graphql/context.ts';
import { randomToken } from '../platform/random.ts';
import type { SessionGrant } from '../sessions/grants.ts';

export const SESSION_HEADER = 'x-stepgate-session';
const ACCESS_COOKIE = '__Host-stepgate-access';
const REFRESH_COOKIE = '__Host-stepgate-refresh';
const DEVICE_COOKIE = '__Host-stepgate-device';
/** Where a client without cookies sends its device token. */
export const DEVICE_HEADER = 'x-stepgate-device';
/** Names the browser while a user is at an identity provider. */
export const BROWSER_COOKIE = '__Host-stepgate-browser';
const BROWSER_SECONDS = 900;
/** The maximum lifetime of a cookie in browsers. */
const DEVICE_SECONDS = 400 * 86_400;

export interface SessionCookies {
  /** Which tokens the client wants as cookies. */
  readonly wanted: 'NONE' | 'ALL' | 'ALL_BUT_ACCESS';
  readonly accessToken: string | null;
  readonly refreshToken: string | null;
  readonly deviceToken: string | null;
  readonly browserToken: string | null;
}

const WANTED = new Map<unknown, SessionCookies['wanted']>([
  ['cookie', 'ALL'],
  ['hybrid', 'ALL_BUT_ACCESS'],
]);

const NO_COOKIES = { wanted: 'NONE', accessToken: null, refreshToken: null, browserToken: null } as const;

/** @throws a GraphQLError if the page's origin may not use sessions of this server. */
export function readSessionCookies(
  headers: IncomingHttpHeaders,
  isAllowed: (origin: string) => boolean,
): SessionCookies {
  const wanted = WANTED.get(headers[SESSION_HEADER]) ?? 'NONE';
  if (wanted === 'NONE') return { ...NO_COOKIES, deviceToken: textOf(headers[DEVICE_HEADER]) };
  const { origin } = headers;
  if (origin !== undefined && !isAllowed(origin)) {
    throw new GraphQLError('This origin may not use session cookies. Add it to CORS_ORIGINS to allow it.', {
      extensions: { code: 'ORIGIN_NOT_ALLOWED', http: { status: 403 } },
    });
  }
  const cookies = parseCookie(headers.cookie ?? '');
  return {
    wanted,
    accessToken: wanted === 'ALL' ? (cookies[ACCESS_COOKIE] ?? null) : null,
    refreshToken: cookies[REFRESH_COOKIE] ?? null,
    deviceToken: cookies[DEVICE_COOKIE] ?? null,
    browserToken: browserTokenIn(headers),
  };
}

/** Null if there is none of ours. */
export function browserTokenIn({ cookie = '' }: IncomingHttpHeaders): string | null {
  const token = parseCookie(cookie)[BROWSER_COOKIE];
  return token !== undefined && /^[\w-]{43}$/.test(token) ? token : null;
}

/** Null when the client does not use cookies. */
export function browserOf(
  { wanted, browserToken: token }: SessionCookies,
  setCookie: (value: string) => void,
): Browser | null {
  if (wanted === 'NONE') return null;
  let kept = token;
  return {
    token,
    keep() {
      kept ??= randomToken();
      const cookie = { name: BROWSER_COOKIE, value: kept, maxAge: BROWSER_SECONDS };
      setCookie(stringifySetCookie({ ...cookie, path: '/', httpOnly: true, secure: true, sameSite: 'lax' }));
      return kept;
    },
  };
}

/** Node joins the values of a header that was sent twice. */
function textOf(value: string | string[] | undefined): string | null {
  return typeof value === 'string' ? value : null;
}

/** @param setCookie adds a `Set-Cookie` header to the response. */
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
      if (wanted === 'NONE') return grant;
      const isInCookie = wanted === 'ALL';
      if (isInCookie) set(ACCESS_COOKIE, grant.accessToken, grant.expiresAt);
      if (grant.refreshToken !== '') set(REFRESH_COOKIE, grant.refreshToken, grant.session.expiresAt);
      if (grant.deviceToken !== null) keep(DEVICE_COOKIE, grant.deviceToken, DEVICE_SECONDS);
      const accessToken = isInCookie ? '' : grant.accessToken;
      return { ...grant, accessToken, refreshToken: '', deviceToken: null };
    },
    clear(): void {
      if (wanted === 'NONE') return;
      set(ACCESS_COOKIE, '', now());
      set(REFRESH_COOKIE, '', now());
    },
  };
}

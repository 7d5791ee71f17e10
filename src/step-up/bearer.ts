// `Authorization: Bearer …` (RFC 6750 section 2.1).

/** Null when there is no header. Another scheme, or two tokens, count as an invalid token, not as no token. */
export function bearerToken(header: string | null | undefined): string | null {
  if (header == null || header.trim() === '') return null;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? 'not a bearer token';
}

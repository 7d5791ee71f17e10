// `Authorization: Bearer …` (RFC 6750 section 2.1).

/** Null when there is none; another scheme, or two tokens, are a wrong token and not the lack of one. */
export function bearerToken(header: string | null | undefined): string | null {
  if (header == null || header.trim() === '') return null;
  return /^Bearer +(\S+) *$/i.exec(header)?.[1] ?? 'not a bearer token';
}

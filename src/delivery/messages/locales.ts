// The languages that messages are written in.

export const LOCALES = ['en'] as const;
export type Locale = (typeof LOCALES)[number];
export const DEFAULT_LOCALE: Locale = 'en';

/** The best of our languages for an `Accept-Language` header (RFC 9110 section 12.5.4). */
export function localeOf(_acceptLanguage: string | undefined): Locale {
  return DEFAULT_LOCALE;
}

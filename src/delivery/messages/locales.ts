// The languages that messages are available in. To add one, add its catalogue in this folder and its tag here.
import Negotiator from 'negotiator';

export const LOCALES = ['en', 'de'] as const;
export type Locale = (typeof LOCALES)[number];
export const DEFAULT_LOCALE: Locale = 'en';

/** The best available language for an `Accept-Language` header (RFC 9110 section 12.5.4) or a single tag. */
export function localeOf(acceptLanguage: string | undefined): Locale {
  return findLocale(acceptLanguage) ?? DEFAULT_LOCALE;
}

/** Null if none of the requested languages is available. */
export function findLocale(acceptLanguage: string | undefined): Locale | null {
  const wanted = new Negotiator({ headers: { 'accept-language': acceptLanguage } });
  const best = wanted.language([...LOCALES]);
  return LOCALES.find((locale) => locale === best) ?? null;
}

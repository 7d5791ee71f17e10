// The languages that messages are written in. A new one is a catalogue beside this and a word here.
import Negotiator from 'negotiator';

export const LOCALES = ['en', 'de'] as const;
export type Locale = (typeof LOCALES)[number];
export const DEFAULT_LOCALE: Locale = 'en';

/** The best of our languages for an `Accept-Language` header (RFC 9110 section 12.5.4), or for a single tag. */
export function localeOf(acceptLanguage: string | undefined): Locale {
  return findLocale(acceptLanguage) ?? DEFAULT_LOCALE;
}

/** Null when none of ours is asked for. */
export function findLocale(acceptLanguage: string | undefined): Locale | null {
  const wanted = new Negotiator({ headers: { 'accept-language': acceptLanguage } });
  const best = wanted.language([...LOCALES]);
  return LOCALES.find((locale) => locale === best) ?? null;
}

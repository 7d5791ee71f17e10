// The texts of every language.
import type { Catalogue } from './catalogue.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Locale } from './locales.ts';

export const CATALOGUES: Readonly<Record<Locale, Catalogue>> = { en, de };

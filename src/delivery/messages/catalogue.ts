// What a language has to say, and the languages there are. The texts are ICU messages; the types hold every language to
// every message, and a test to every argument.
import type { FactorKind } from '../../policy/factor-kind.ts';
import { de } from './de.ts';
import { en } from './en.ts';
import type { Locale } from './locales.ts';
import type { Template } from './template.ts';

export type SmsName = Extract<Template['name'], `phone-${string}`>;
export type MailName = Exclude<Template['name'], SmsName>;

export interface MailText {
  readonly subject: string;
  /** `{link}` and `{origin}` by themselves stand for a button, and for where something came from. One with `{approves}` is left out where nothing is approved. */
  readonly paragraphs: readonly string[];
  /** On the button of a link. */
  readonly action?: string;
}

export interface Catalogue {
  readonly mails: Readonly<Record<MailName, MailText>>;
  /** In the letters of GSM 03.38: with any other, an SMS has room for 70 characters instead of 160. */
  readonly texts: Readonly<Record<SmsName, string>>;
  readonly factors: Readonly<Record<FactorKind, string>>;
  readonly origin: Readonly<Record<'browser' | 'place' | 'ip' | 'at', string>>;
}

export const CATALOGUES: Readonly<Record<Locale, Catalogue>> = { en, de };

// The texts that each language must provide. Texts are ICU messages. The types require every message in every language,
// and a test checks that the arguments are the same.
import type { Template } from './template.ts';

export type SmsName = Extract<Template['name'], `phone-${string}`>;
export type MailName = Exclude<Template['name'], SmsName>;

export interface MailText {
  readonly subject: string;
  /**
   * A paragraph `{link}` becomes a button, and a paragraph `{origin}` says where the request came from. A paragraph that
   * contains `{approves}` is omitted if nothing is approved.
   */
  readonly paragraphs: readonly string[];
  /** The label of the link's button. */
  readonly action?: string;
}

export interface Catalogue {
  readonly mails: Readonly<Record<MailName, MailText>>;
  /** Only characters of GSM 03.38: with any other, an SMS holds 70 characters instead of 160. */
  readonly texts: Readonly<Record<SmsName, string>>;
  readonly origin: Readonly<Record<'browser' | 'place' | 'ip' | 'at', string>>;
}

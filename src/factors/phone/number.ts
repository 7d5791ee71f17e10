// Phone numbers, as libphonenumber knows them. They are kept in E.164 form.
import { type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { readTyped } from '../typed-code.ts';

export interface ParsedNumber {
  /** E.164. */
  readonly number: string;
  /** ISO 3166-1 alpha-2. */
  readonly country: string;
}

/** Nobody gets a code there, and some earn money with it: premium rates, shared costs, pagers, voice mail. */
const NO_PERSON: readonly NumberType[] = [
  'PREMIUM_RATE',
  'SHARED_COST',
  'TOLL_FREE',
  'PAGER',
  'UAN',
  'VOICEMAIL',
];

/** Null for what is no number of a person. @param text in international form, with or without spaces. */
export function parseNumber(text: string): ParsedNumber | null {
  const typed = readTyped(text).trim();
  const parsed = typed.startsWith('+') ? parsePhoneNumberFromString(typed) : undefined;
  if (parsed === undefined || !parsed.isValid() || parsed.country === undefined || parsed.ext !== undefined) {
    return null;
  }
  return NO_PERSON.includes(parsed.getType()) ? null : { number: parsed.number, country: parsed.country };
}

/** `+1 ••••••••71`: recognised by its owner, of no use to anybody else. */
export function maskNumber(number: string): string {
  const calling = parsePhoneNumberFromString(number)?.countryCallingCode ?? '';
  const rest = number.length - 1 - calling.length;
  return `+${calling} ${'•'.repeat(Math.max(0, rest - 2))}${number.slice(-2)}`;
}

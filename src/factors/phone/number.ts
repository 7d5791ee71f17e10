// Parses phone numbers with libphonenumber. They are stored in E.164 form.
import { type NumberType, parsePhoneNumberFromString } from 'libphonenumber-js/max';
import { readTyped } from '../typed-code.ts';

export interface ParsedNumber {
  /** E.164. */
  readonly number: string;
  /** ISO 3166-1 alpha-2 code. */
  readonly country: string;
}

/** Types of numbers that are not a person's phone. Messages to some of them earn their owner money. */
const NO_PERSON: readonly NumberType[] = [
  'PREMIUM_RATE',
  'SHARED_COST',
  'TOLL_FREE',
  'PAGER',
  'UAN',
  'VOICEMAIL',
];

/**
 * @param text a phone number in international format, with or without spaces.
 * @returns null when the text is not the number of a person's phone.
 */
export function parseNumber(text: string): ParsedNumber | null {
  const typed = readTyped(text).trim();
  const parsed = typed.startsWith('+') ? parsePhoneNumberFromString(typed) : undefined;
  if (parsed === undefined || !parsed.isValid() || parsed.country === undefined || parsed.ext !== undefined) {
    return null;
  }
  return NO_PERSON.includes(parsed.getType()) ? null : { number: parsed.number, country: parsed.country };
}

/** `+1 ••••••••71`: a hint that only the owner recognises. */
export function maskNumber(number: string): string {
  const calling = parsePhoneNumberFromString(number)?.countryCallingCode ?? '';
  const rest = number.length - 1 - calling.length;
  return `+${calling} ${'•'.repeat(Math.max(0, rest - 2))}${number.slice(-2)}`;
}

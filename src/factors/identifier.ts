// What a person calls themselves by before anybody knows who they are: an e-mail address or a phone number, and the
// forms in which these are taken.
import { z } from 'zod';
import { type ParsedNumber, parseNumber } from './phone/number.ts';

export const IdentifierKind = { EMAIL: 'EMAIL', PHONE: 'PHONE' } as const;
export type IdentifierKind = (typeof IdentifierKind)[keyof typeof IdentifierKind];

export interface Identifier {
  readonly kind: IdentifierKind;
  /** An address in lower case, or a number in E.164 form. */
  readonly value: string;
}

/** An e-mail address, in lower case: nobody gives two people addresses that differ only in case. */
export const emailAddress = z
  .string()
  .trim()
  .toLowerCase()
  .max(254, 'An e-mail address has at most 254 characters.')
  .pipe(z.email('Give an e-mail address, for example jane@example.com.'));

/** A phone number, as people write it. */
export const phoneNumber = z
  .string()
  .max(40, 'A phone number has at most 40 characters.')
  .transform((text, context): ParsedNumber => {
    const parsed = parseNumber(text);
    if (parsed !== null) return parsed;
    context.addIssue('Give a phone number in international form, for example +14155552671.');
    return z.NEVER;
  });

/** What people call themselves by: whatever has an `@` is an address, and anything else a number. */
export const identifier = z.string().transform((text, context): Identifier => {
  const isEmail = text.includes('@');
  const parsed = isEmail ? emailAddress.safeParse(text) : phoneNumber.safeParse(text);
  if (parsed.success) {
    return typeof parsed.data === 'string'
      ? { kind: 'EMAIL', value: parsed.data }
      : { kind: 'PHONE', value: parsed.data.number };
  }
  context.addIssue(
    isEmail
      ? (parsed.error.issues[0]?.message ?? '')
      : 'Give an e-mail address, for example jane@example.com, or a phone number in international form, for example +14155552671.',
  );
  return z.NEVER;
});

// Parses the identifiers with which people start a sign-in: an email address or a phone number.
import { z } from 'zod';
import { emailAddress, looksLikeEmail } from './email/mailbox.ts';
import { type ParsedNumber, parseNumber } from './phone/number.ts';

export const IdentifierKind = { EMAIL: 'EMAIL', PHONE: 'PHONE' } as const;
export type IdentifierKind = (typeof IdentifierKind)[keyof typeof IdentifierKind];

export interface Identifier {
  readonly kind: IdentifierKind;
  /** A normalised email address, or a phone number in E.164 form. */
  readonly value: string;
}

/** A phone number as people type it. */
export const phoneNumber = z
  .string()
  .max(40, 'The phone number is too long. Use at most 40 characters.')
  .transform((text, context): ParsedNumber => {
    const parsed = parseNumber(text);
    if (parsed !== null) return parsed;
    context.addIssue('Enter a phone number in international format, for example +14155552671.');
    return z.NEVER;
  });

/** Text that contains an `@` is an email address. Anything else is a phone number. */
export const identifier = z.string().transform((text, context): Identifier => {
  if (looksLikeEmail(text)) {
    const email = emailAddress.safeParse(text);
    if (email.success) return { kind: 'EMAIL', value: email.data.address };
    for (const { message } of email.error.issues) context.addIssue(message);
    return z.NEVER;
  }
  const phone = phoneNumber.safeParse(text);
  if (phone.success) return { kind: 'PHONE', value: phone.data.number };
  context.addIssue(
    'Enter an email address, for example jane@example.com, or a phone number in international format, for example +14155552671.',
  );
  return z.NEVER;
});

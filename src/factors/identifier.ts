// What a person calls themselves by before anybody knows who they are: an e-mail address or a phone number, and the
// forms in which these are taken.
import { z } from 'zod';
import { emailAddress, looksLikeEmail } from './email/mailbox.ts';
import { type ParsedNumber, parseNumber } from './phone/number.ts';

export const IdentifierKind = { EMAIL: 'EMAIL', PHONE: 'PHONE' } as const;
export type IdentifierKind = (typeof IdentifierKind)[keyof typeof IdentifierKind];

export interface Identifier {
  readonly kind: IdentifierKind;
  /** An address as it is compared, or a number in E.164 form. */
  readonly value: string;
}

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
  if (looksLikeEmail(text)) {
    const email = emailAddress.safeParse(text);
    if (email.success) return { kind: 'EMAIL', value: email.data.address };
    for (const { message } of email.error.issues) context.addIssue(message);
    return z.NEVER;
  }
  const phone = phoneNumber.safeParse(text);
  if (phone.success) return { kind: 'PHONE', value: phone.data.number };
  context.addIssue(
    'Give an e-mail address, for example jane@example.com, or a phone number in international form, for example +14155552671.',
  );
  return z.NEVER;
});

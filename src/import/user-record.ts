// The record of a user in import and export files. Unknown fields are refused by name, so that a typo loses no data.
// Factors bring the fields of their own credentials.
import { z } from 'zod';
import { DEFAULT_LOCALE, localeOf } from '../delivery/messages/locales.ts';
import { emailAddress } from '../factors/email/mailbox.ts';
import { phoneNumber } from '../factors/identifier.ts';
import { flag, list, optional, text, unfolded, words } from '../factors/record-forms.ts';
import { TRANSFER_FIELDS } from '../factors/transfers.ts';
import { Role } from '../persistence/entities/user.ts';
import { MOST_AUTHENTICATORS, MOST_EMAIL_ADDRESSES } from '../policy/authenticator-limit.ts';
import { readForm, shortened } from './form.ts';

export const personName = words(128);

const phone = z.strictObject({
  number: phoneNumber,
  verified: flag(true),
  secondFactor: flag(false),
});

const otherEmail = z.strictObject({ address: emailAddress, verified: flag(true) });

export const languageTag = z
  .string()
  .regex(/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i, 'Enter a language as a BCP 47 tag, for example de-AT.')
  .max(35, 'A language tag can have at most 35 characters.');

const whoTheyAre = {
  id: optional(z.uuid('Enter a UUID, or omit this field.').toLowerCase()),
  externalId: optional(words(255)),
  name: optional(unfolded(personName)),
  email: optional(emailAddress),
  emailVerified: flag(true),
  otherEmails: list(otherEmail, MOST_EMAIL_ADDRESSES - 1),
  phones: list(phone, MOST_AUTHENTICATORS),
  smsFactors: flag(true),
};

const everythingElse = {
  otherSecondFactors: list(text(64).transform(shortened), MOST_AUTHENTICATORS),
  roles: list(z.enum(Role), Object.keys(Role).length),
  locale: languageTag.nullish().transform((tag) => (tag == null ? DEFAULT_LOCALE : localeOf(tag))),
  createdAt: optional(
    z.iso
      .datetime({ offset: true, error: 'Enter a time such as 2026-11-25T18:44:40Z.' })
      .transform((it) => new Date(it)),
  ),
};

const own = z.strictObject({ ...whoTheyAre, ...everythingElse });

/** A validated record. It also has the fields of the factors, which only they read. */
export type UserRecord = z.output<typeof own>;

const recordForm = z.strictObject({
  ...whoTheyAre,
  ...Object.fromEntries(Object.entries(TRANSFER_FIELDS).map(([name, { form }]) => [name, form])),
  ...everythingElse,
});

/** The field names, in the column order of a CSV file. */
export const RECORD_FIELDS: readonly string[] = Object.keys(recordForm.shape);

/** @throws {RecordError} */
export function readRecord(value: unknown): UserRecord {
  return readForm<UserRecord>(recordForm, value);
}

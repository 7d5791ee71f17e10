// The record of a user in import and export files. Unknown fields are refused by name, so that a typo loses no data.
import { z } from 'zod';
import { DEFAULT_LOCALE, localeOf } from '../delivery/messages/locales.ts';
import { emailAddress } from '../factors/email/mailbox.ts';
import { phoneNumber } from '../factors/identifier.ts';
import { readTotpSecret, TotpSecretError } from '../factors/totp/given-secret.ts';
import { Role } from '../persistence/entities/user.ts';
import { misleading } from '../platform/one-line-text.ts';
import { unstorable } from '../platform/storable-text.ts';
import { readForm, shortened } from './form.ts';

export const MOST_BACKUP_CODES = 20;
/** The same limit as in `startEnrollment`. */
const MOST_AUTHENTICATORS = 20;

function text(most: number) {
  return z
    .string()
    .trim()
    .max(most, `This can have at most ${most} characters.`)
    .superRefine((it, context) => {
      const defect = unstorable(it);
      if (defect !== null) context.addIssue({ code: 'custom', message: defect });
    });
}

/** A name or label chosen by a user. Empty becomes null. */
function words(most: number) {
  return text(most).transform((it, context) => {
    const defect = misleading(it);
    if (defect !== null) context.addIssue(defect);
    return it === '' ? null : it;
  });
}

export const personName = words(128);

/** For files, whose cells may have line breaks: replaces them with spaces. */
function unfolded(form: z.ZodType<string | null, string>) {
  return z
    .string()
    .transform((it) => it.replaceAll(/[\t\n\r]+/g, ' '))
    .pipe(form);
}

/** An unsupported secret is not a validation error. It is a second factor that cannot be imported. */
export type TotpSecret =
  | { readonly secret: string; readonly defect: null }
  | { readonly secret: null; readonly defect: string };

const totpSecret = z
  .string()
  .max(1024, 'A TOTP secret can have at most 1024 characters.')
  .transform((it): TotpSecret => {
    try {
      return { secret: readTotpSecret(it), defect: null };
    } catch (error) {
      if (!(error instanceof TotpSecretError)) throw error;
      return { secret: null, defect: error.message };
    }
  });

const totpApp = z
  .strictObject({ secret: totpSecret, label: optional(unfolded(words(64))) })
  .transform(({ secret, label }) => ({ ...secret, label }));

/** One secret or a list; each a string, or an object with a label. */
const totpApps = z.preprocess(
  (given) =>
    (given == null ? [] : [given].flat()).map((app: unknown) =>
      typeof app === 'string' ? { secret: app } : app,
    ),
  z.array(totpApp).max(MOST_AUTHENTICATORS, `This list can have at most ${MOST_AUTHENTICATORS} entries.`),
);

const phone = z.strictObject({
  number: phoneNumber,
  verified: flag(true),
  secondFactor: flag(false),
});

export const languageTag = z
  .string()
  .regex(/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i, 'Enter a language as a BCP 47 tag, for example de-AT.')
  .max(35, 'A language tag can have at most 35 characters.');

const recordForm = z.strictObject({
  id: optional(z.uuid('Enter a UUID, or omit this field.').toLowerCase()),
  externalId: optional(words(255)),
  name: optional(unfolded(personName)),
  email: optional(emailAddress),
  emailVerified: flag(true),
  phones: list(phone, MOST_AUTHENTICATORS),
  smsFactors: flag(true),
  passwordHash: optional(text(4096).min(1, 'Enter a password hash, or omit this field.')),
  mustChangePassword: flag(false),
  totp: totpApps,
  backupCodes: list(text(64), MOST_BACKUP_CODES),
  otherSecondFactors: list(text(64).transform(shortened), MOST_AUTHENTICATORS),
  roles: list(z.enum(Role), Object.keys(Role).length),
  locale: languageTag.nullish().transform((tag) => (tag == null ? DEFAULT_LOCALE : localeOf(tag))),
  createdAt: optional(
    z.iso
      .datetime({ offset: true, error: 'Enter a time such as 2026-11-25T18:44:40Z.' })
      .transform((it) => new Date(it)),
  ),
});

/** A validated record. */
export type UserRecord = z.output<typeof recordForm>;

/** The field names, in the column order of a CSV file. */
export const RECORD_FIELDS = Object.keys(recordForm.shape) as readonly (keyof UserRecord)[];

/** @throws {RecordError} */
export function readRecord(value: unknown): UserRecord {
  return readForm(recordForm, value);
}

function optional<T>(form: z.ZodType<T>) {
  return form.nullish().transform((it): T | null => it ?? null);
}

function flag(usual: boolean) {
  return z
    .boolean()
    .nullish()
    .transform((it) => it ?? usual);
}

function list<T>(form: z.ZodType<T>, most: number) {
  return z
    .array(form)
    .max(most, `This list can have at most ${most} entries.`)
    .nullish()
    .transform((it): readonly T[] => it ?? []);
}

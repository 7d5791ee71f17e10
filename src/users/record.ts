// A user as files describe one: what is taken in, and what is read out again. Every field that there is stands here; one
// that is not here is refused by its name, so that a typo loses nothing.
import { z } from 'zod';
import { DEFAULT_LOCALE, localeOf } from '../delivery/messages/locales.ts';
import { emailAddress } from '../factors/email/mailbox.ts';
import { phoneNumber } from '../factors/identifier.ts';
import { readTotpSecret, TotpSecretRefused } from '../factors/totp/given-secret.ts';
import { Role } from '../persistence/entities/user.ts';
import { misleading } from '../platform/one-line-text.ts';
import { unstorable } from '../platform/storable-text.ts';
import { readForm, shortened } from './form.ts';

export const MOST_BACKUP_CODES = 20;
/** As many as `startEnrollment` lets a user have. */
const MOST_AUTHENTICATORS = 20;

function text(most: number) {
  return z
    .string()
    .trim()
    .max(most, `This has at most ${most} characters.`)
    .superRefine((it, context) => {
      const defect = unstorable(it);
      if (defect !== null) context.addIssue({ code: 'custom', message: defect });
    });
}

/** What people call themselves, or a thing of theirs. An empty one is none. */
function words(most: number) {
  return text(most).transform((it, context) => {
    const defect = misleading(it);
    if (defect !== null) context.addIssue(defect);
    return it === '' ? null : it;
  });
}

export const personName = words(128);

/** The same in a file, where a cell may have line breaks: each is a space. */
function unfolded(form: z.ZodType<string | null, string>) {
  return z
    .string()
    .transform((it) => it.replaceAll(/[\t\n\r]+/g, ' '))
    .pipe(form);
}

/** A secret of another kind is no mistake in the record's form: it is a second factor that cannot come along. */
export type TotpSecret =
  | { readonly secret: string; readonly defect: null }
  | { readonly secret: null; readonly defect: string };

const totpSecret = z
  .string()
  .max(1024, 'This is too long for a TOTP secret.')
  .transform((it): TotpSecret => {
    try {
      return { secret: readTotpSecret(it), defect: null };
    } catch (error) {
      if (!(error instanceof TotpSecretRefused)) throw error;
      return { secret: null, defect: error.message };
    }
  });

const totpApp = z
  .strictObject({ secret: totpSecret, label: optional(unfolded(words(64))) })
  .transform(({ secret, label }) => ({ ...secret, label }));

/** One secret, or a list of them; each as it stands, or with what its user calls it. */
const totpApps = z.preprocess(
  (given) =>
    (given == null ? [] : [given].flat()).map((app: unknown) =>
      typeof app === 'string' ? { secret: app } : app,
    ),
  z.array(totpApp).max(MOST_AUTHENTICATORS, `There are at most ${MOST_AUTHENTICATORS}.`),
);

const phone = z.strictObject({
  number: phoneNumber,
  verified: flag(true),
  secondFactor: flag(false),
});

export const languageTag = z
  .string()
  .regex(/^[a-z]{2,8}(-[a-z0-9]{1,8})*$/i, 'Give a language as a BCP 47 tag, for example de-AT.')
  .max(35, 'A language tag has at most 35 characters.');

const recordForm = z.strictObject({
  id: optional(z.uuid('Give a UUID, or leave it out.').toLowerCase()),
  externalId: optional(words(255)),
  name: optional(unfolded(personName)),
  email: optional(emailAddress),
  emailVerified: flag(true),
  phones: list(phone, MOST_AUTHENTICATORS),
  smsFactors: flag(true),
  passwordHash: optional(text(4096).min(1, 'Give a password hash, or leave it out.')),
  mustChangePassword: flag(false),
  totp: totpApps,
  backupCodes: list(text(64), MOST_BACKUP_CODES),
  otherSecondFactors: list(text(64).transform(shortened), MOST_AUTHENTICATORS),
  roles: list(z.enum(Role), Object.keys(Role).length),
  locale: languageTag.nullish().transform((tag) => (tag == null ? DEFAULT_LOCALE : localeOf(tag))),
  createdAt: optional(
    z.iso
      .datetime({ offset: true, error: 'Give a time as 2026-11-25T18:44:40Z.' })
      .transform((it) => new Date(it)),
  ),
});

/** One that has been checked for its form. */
export type UserRecord = z.output<typeof recordForm>;

/** The names of the fields, in the order in which a file with columns has them. */
export const RECORD_FIELDS = Object.keys(recordForm.shape) as readonly (keyof UserRecord)[];

/** @throws {RecordRefused} */
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
    .max(most, `There are at most ${most}.`)
    .nullish()
    .transform((it): readonly T[] => it ?? []);
}

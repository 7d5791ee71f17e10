// Django: `manage.py dumpdata auth.user`, or a custom user model with `password` and `email`, plus django-otp devices
// if the dump has them. Django does not verify addresses, so they count only with --trust-unverified.
import { z } from 'zod';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { devicesIn } from './django-devices.ts';
import { cell, DISABLED, fullName, ids, type Source, timeOf } from './source.ts';

/** The prefix that `set_unusable_password` writes. */
const UNUSABLE = '!';

const text = z.string().nullish();
const form = z.object({
  pk: z.union([z.string(), z.number()]).transform(String),
  fields: z.object({
    password: z.string(),
    email: z.string(),
    username: text,
    is_active: z.boolean().nullish(),
    first_name: text,
    last_name: text,
    date_joined: text,
  }),
});

export const django: Source = {
  formats: ['json', 'ndjson'],
  columns: null,
  marks: [['model', 'pk', 'fields']],
  read: (entry) => (isUser(entry) ? recordOf(readForm(form, entry)) : null),
  async survey(entries) {
    const devicesOf = await devicesIn(entries);
    return (entry) => {
      if (!isUser(entry)) return null;
      const user = readForm(form, entry);
      const { username, email } = user.fields;
      return { ...recordOf(user), ...devicesOf(...new Set([user.pk, username ?? email])) };
    };
  },
};

function recordOf({ pk, fields }: z.output<typeof form>): object {
  if (fields.is_active === false) throw new RecordError('is_active', DISABLED);
  return {
    ...ids(pk),
    name: fullName(fields.first_name, fields.last_name),
    email: cell(fields.email),
    emailVerified: false,
    passwordHash: fields.password.startsWith(UNUSABLE) ? null : cell(fields.password),
    createdAt: timeOf(fields.date_joined),
  };
}

/** A dump may contain groups and other models. */
function isUser(entry: object): boolean {
  const { data } = z
    .object({ fields: z.object({ password: z.unknown(), email: z.unknown() }) })
    .safeParse(entry);
  return data?.fields.password !== undefined && data.fields.email !== undefined;
}

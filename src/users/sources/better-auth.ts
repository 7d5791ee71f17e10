// Better Auth: its tables `user` and `account` joined, with the `password` of the account whose provider is `credential`.
// Its TOTP secrets are encrypted with the application's own secret, so they stay behind.
import { z } from 'zod';
import { readForm } from '../form.ts';
import { RecordRefused } from '../refusal.ts';
import { cell, DISABLED, fullName, ids, type Source, timeOf } from './source.ts';

const text = z.string().nullish();
/** A database says it in its own way. */
const flag = z
  .union([z.boolean(), z.number(), z.string()])
  .nullish()
  .transform((it) => /^(true|t|1)$/i.test(String(it)));

const form = z.object({
  id: z.union([z.string(), z.number()]).nullish(),
  name: text,
  email: text,
  emailVerified: flag,
  phoneNumber: text,
  phoneNumberVerified: flag,
  password: text,
  createdAt: z.union([z.string(), z.number()]).nullish(),
  banned: flag,
});

export const betterAuth: Source = {
  formats: ['csv', 'json', 'ndjson'],
  columns: null,
  read(entry) {
    const user = readForm(form, entry);
    if (user.banned) throw new RecordRefused('banned', DISABLED);
    const number = user.phoneNumberVerified ? cell(user.phoneNumber) : null;
    return {
      ...ids(cell(user.id == null ? null : String(user.id))),
      name: fullName(user.name),
      email: cell(user.email),
      emailVerified: user.emailVerified,
      phones: number === null ? [] : [{ number }],
      passwordHash: cell(user.password),
      createdAt: timeOf(user.createdAt),
    };
  },
};

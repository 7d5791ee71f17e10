// Clerk: the CSV of its dashboard (Settings, User exports), the one export that has password digests and TOTP secrets.
// Several addresses or numbers in a cell have a pipe between them. Only verified ones are brought, and of the addresses
// only the primary one. Which number is a second factor the file does not say, so none is.
import { z } from 'zod';
import { readForm } from '../form.ts';
import { cell, fullName, ids, type Source } from './source.ts';

const text = z.string().nullish().transform(cell);
const several = z
  .string()
  .nullish()
  .transform((content) => (content ?? '').split(/[|;,\s]+/).filter((part) => part !== ''));

const form = z.object({
  id: text,
  first_name: text,
  last_name: text,
  primary_email_address: text,
  primary_phone_number: text,
  verified_email_addresses: several,
  verified_phone_numbers: several,
  totp_secret: text,
  password_digest: text,
});

export const clerk: Source = {
  formats: ['csv'],
  columns: null,
  read(entry) {
    const user = readForm(form, entry);
    const email = user.primary_email_address ?? user.verified_email_addresses[0] ?? null;
    const isVerified = user.verified_email_addresses.some(
      (address) => address.toLowerCase() === email?.toLowerCase(),
    );
    return {
      ...ids(user.id),
      name: fullName(user.first_name, user.last_name),
      email,
      emailVerified: isVerified,
      phones: user.verified_phone_numbers.map((number) => ({ number })),
      passwordHash: user.password_digest,
      totp: user.totp_secret,
    };
  },
};

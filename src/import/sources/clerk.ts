// Clerk: the CSV from the dashboard (Settings, User exports), the only export with password digests and TOTP secrets.
// Cells with several addresses or numbers separate them with pipes. Only verified ones are
// imported. The file does not say which number is a second factor, so none is. The hasher names the algorithm of
// the digest. Passwords that Clerk still delegates to Amazon Cognito cannot be imported.
import { z } from 'zod';
import { COGNITO, clerkHash } from '../../factors/password/legacy-hash/clerk.ts';
import { readForm } from '../form.ts';
import { cell, fullName, hashOf, ids, type Source } from './source.ts';

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
  password_hasher: text,
});

export const clerk: Source = {
  formats: ['csv'],
  columns: null,
  marks: [['password_digest'], ['primary_email_address', 'verified_email_addresses']],
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
      otherEmails: user.verified_email_addresses
        .filter((address) => address.toLowerCase() !== email?.toLowerCase())
        .map((address) => ({ address })),
      phones: user.verified_phone_numbers.map((number) => ({ number })),
      passwordHash: hashOf(() => passwordOf(user)),
      mustChangePassword: user.password_hasher === COGNITO,
      totp: user.totp_secret,
    };
  },
};

/** Without the hasher column, the algorithm is recognized from the digest. */
function passwordOf({
  password_digest: digest,
  password_hasher: hasher,
}: Pick<z.output<typeof form>, 'password_digest' | 'password_hasher'>): string | null {
  if (digest === null || hasher === COGNITO) return null;
  return hasher === null ? digest : clerkHash(digest, hasher);
}

// Auth0, in three formats that may be mixed: the password hash export from Auth0 support (lines with `_id` and
// `passwordHash`), the user export (lines with `user_id`, without hashes), and the bulk import format, with
// `password_hash` or `custom_password_hash` and `mfa_factors`. The external id is the `sub` of Auth0's tokens.
import { z } from 'zod';
import { auth0Hash } from '../../factors/password/legacy-hash/auth0.ts';
import { RecordError } from '../../factors/record-error.ts';
import { readForm } from '../form.ts';
import { DISABLED, fullName, hashOf, ids, type Source, timeOf } from './source.ts';

/** The id prefix of users who sign in with a password. */
const DATABASE = 'auth0|';

/** The kinds in `mfa_factors` that can be imported. */
const PORTABLE = ['totp', 'phone'];

const text = z.string().nullish();
const form = z.object({
  _id: z.union([z.object({ $oid: z.string() }).transform((it) => it.$oid), z.string()]).nullish(),
  user_id: text,
  email: text,
  email_verified: z.boolean().nullish(),
  phone_number: text,
  phone_verified: z.boolean().nullish(),
  given_name: text,
  family_name: text,
  name: text,
  blocked: z.boolean().nullish(),
  created_at: z.union([z.string(), z.object({ $date: z.string() }).transform((it) => it.$date)]).nullish(),
  passwordHash: text,
  password_hash: text,
  custom_password_hash: z.unknown().optional(),
  mfa_factors: z
    .array(
      z.looseObject({
        totp: z.object({ secret: z.string() }).nullish(),
        phone: z.object({ value: z.string() }).nullish(),
      }),
    )
    .nullish(),
  /** The providers with which the user has enrolled, without their secrets. */
  multifactor: z.array(z.string()).nullish(),
});

export const auth0: Source = {
  formats: ['ndjson', 'json'],
  columns: null,
  marks: [
    ['email_verified', 'user_id'],
    ['email_verified', '_id'],
    ['email_verified', 'identities'],
    ['custom_password_hash'],
    ['mfa_factors'],
  ],
  read(entry) {
    const user = readForm(form, entry);
    if (user.blocked) throw new RecordError('blocked', DISABLED);
    const id = user.user_id ?? user._id;
    const factors = user.mfa_factors ?? [];
    const second = factors.flatMap(({ phone }) => (phone ? [phone.value] : []));
    const isKnown = user.phone_number != null && user.phone_verified === true;
    return {
      ...ids(id == null || id.includes('|') ? id : `${DATABASE}${id}`),
      name: nameOf(user),
      email: user.email,
      emailVerified: user.email_verified ?? false,
      phones: [
        ...second.map((number) => ({ number, secondFactor: true })),
        ...(isKnown && !second.includes(user.phone_number ?? '') ? [{ number: user.phone_number }] : []),
      ],
      passwordHash:
        user.custom_password_hash == null
          ? (user.passwordHash ?? user.password_hash)
          : hashOf(() => auth0Hash(user.custom_password_hash)),
      totp: factors.flatMap(({ totp }) => (totp ? [totp.secret] : [])),
      otherSecondFactors: [
        ...factors.flatMap((factor) => Object.keys(factor).filter((kind) => !PORTABLE.includes(kind))),
        ...(factors.length === 0 ? (user.multifactor ?? []) : []),
      ],
      createdAt: timeOf(user.created_at),
    };
  },
};

/** Auth0 uses the address as the name of users without one. */
function nameOf({ name, given_name, family_name, email }: z.output<typeof form>): string | null {
  return name != null && name !== email ? fullName(name) : fullName(given_name, family_name);
}

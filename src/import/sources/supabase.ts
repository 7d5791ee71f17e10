// Supabase: the table `auth.users`, with the verified rows of `auth.mfa_factors` as a list in the column `mfa_factors`.
// TOTP secrets that the project encrypts cannot be imported.
import { z } from 'zod';
import { international, listIn, type Row, table } from './table.ts';

const text = z.string().nullish();
const factor = z.object({
  factor_type: z.string(),
  status: text,
  secret: text,
  phone: text,
  friendly_name: text,
});

export const supabase = table({
  marks: [['encrypted_password', 'email_confirmed_at'], ['raw_app_meta_data'], ['raw_user_meta_data']],
  id: 'id',
  name: ['name'],
  email: 'email',
  emailVerified: 'email_confirmed_at',
  phone: { number: 'phone', verified: 'phone_confirmed_at' },
  password: 'encrypted_password',
  createdAt: 'created_at',
  disabled: ['banned_until', 'deleted_at'],
  more: secondFactors,
});

function secondFactors(row: Row): object {
  const factors = listIn(row, 'mfa_factors', factor).filter(
    ({ status }) => (status ?? 'verified') === 'verified',
  );
  const numbers = factors.flatMap((one) => (one.factor_type === 'phone' && one.phone ? [one.phone] : []));
  const second = new Set(numbers.map(international));
  const known = row.isSet('phone_confirmed_at') ? international(row.text('phone') ?? '') : '';
  return {
    totp: factors.flatMap((one) =>
      one.factor_type === 'totp' && one.secret ? [{ secret: one.secret, label: one.friendly_name }] : [],
    ),
    phones: [
      ...[...second].map((number) => ({ number, secondFactor: true })),
      ...(known === '' || second.has(known) ? [] : [{ number: known }]),
    ],
    otherSecondFactors: factors
      .filter(
        (one) => !(one.factor_type === 'totp' && one.secret) && !(one.factor_type === 'phone' && one.phone),
      )
      .map((one) => one.factor_type),
  };
}

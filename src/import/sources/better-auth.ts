// Better Auth: the tables `user` and `account` joined, with the `password` of the account whose provider is `credential`.
// TOTP secrets are encrypted with the application's own secret, so they cannot be imported.
import { table } from './table.ts';

export const betterAuth = table({
  marks: [
    ['emailVerified', 'password'],
    ['emailVerified', 'twoFactorEnabled'],
  ],
  id: 'id',
  name: ['name'],
  email: 'email',
  emailVerified: 'emailVerified',
  phone: { number: 'phoneNumber', verified: 'phoneNumberVerified' },
  password: 'password',
  createdAt: 'createdAt',
  disabled: ['banned'],
  more: (row) => ({ otherSecondFactors: row.isSet('twoFactorEnabled') ? ['twoFactor'] : [] }),
});

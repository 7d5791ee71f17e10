// ASP.NET Identity: the table `AspNetUsers`, with the app's key and the recovery codes out of `AspNetUserTokens` as the
// columns `AuthenticatorKey` and `RecoveryCodes`. Where a second factor is on and neither app nor number is there, it was
// something else.
import { international, table } from './table.ts';

export const aspNetIdentity = table({
  marks: [['PasswordHash', 'EmailConfirmed'], ['NormalizedEmail'], ['SecurityStamp']],
  id: 'Id',
  name: ['Name'],
  email: 'Email',
  emailVerified: 'EmailConfirmed',
  phone: { number: 'PhoneNumber', verified: 'PhoneNumberConfirmed' },
  password: 'PasswordHash',
  createdAt: 'CreatedAt',
  more(row) {
    const isOn = row.isSet('TwoFactorEnabled');
    const key = isOn ? row.text('AuthenticatorKey') : null;
    const number = row.isSet('PhoneNumberConfirmed') ? row.text('PhoneNumber') : null;
    return {
      totp: key === null ? [] : [key],
      // A confirmed number is offered there beside the app.
      phones: number === null ? [] : [{ number: international(number), secondFactor: isOn }],
      backupCodes: isOn ? (row.text('RecoveryCodes') ?? '').split(';').filter((code) => code !== '') : [],
      otherSecondFactors: isOn && key === null && number === null ? ['TwoFactorEnabled'] : [],
    };
  },
});

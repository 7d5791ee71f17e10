// ASP.NET Identity: the table `AspNetUsers`, with the authenticator key and the recovery codes from `AspNetUserTokens`
// in the columns `AuthenticatorKey` and `RecoveryCodes`. If two-factor is enabled without an app or a number, the user
// has another kind of second factor.
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
      // ASP.NET Identity offers a confirmed number in addition to the app.
      phones: number === null ? [] : [{ number: international(number), secondFactor: isOn }],
      backupCodes: isOn ? (row.text('RecoveryCodes') ?? '').split(';').filter((code) => code !== '') : [],
      otherSecondFactors: isOn && key === null && number === null ? ['TwoFactorEnabled'] : [],
    };
  },
});

// Devise for Rails: its users table. Append the application's pepper to the hash after a dollar sign. The secret of
// devise-two-factor is imported as decrypted by Rails. Its backup codes are hashes and cannot be imported.
import { table } from './table.ts';

export const devise = table({
  marks: [['encrypted_password']],
  id: 'id',
  name: ['name'],
  email: 'email',
  emailVerified: 'confirmed_at',
  password: 'encrypted_password',
  createdAt: 'created_at',
  disabled: ['locked_at'],
  more(row) {
    const isOn = row.isSet('otp_required_for_login');
    const secret = isOn ? row.text('otp_secret') : null;
    return {
      totp: secret === null ? [] : [secret],
      otherSecondFactors: [
        ...(isOn && secret === null ? ['otp'] : []),
        ...(isOn && row.isSet('otp_backup_codes') ? ['otp_backup_codes'] : []),
      ],
    };
  },
});
